/**
 * @file Copies src/generated of the package in the current folder to dist/generated.
 *
 * tsc emits nothing for a .js file that has its own .d.ts beside it, so a package with generated code builds by
 * `tsc -p tsconfig.build.json && node ../../tools/copy-generated.mjs`.
 */
import { cpSync } from 'node:fs';

cpSync('src/generated', 'dist/generated', { recursive: true });
