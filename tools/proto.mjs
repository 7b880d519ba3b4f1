/**
 * @file Static, typed protobuf code: libs/NAME/proto/*.proto → libs/NAME/src/generated/*.{js,d.ts}.
 *
 *     node tools/proto.mjs [NAME …]         generates (by default all packages that have generated code)
 *     node tools/proto.mjs --check [NAME …] exits 1 if what is committed isn't what would be generated
 *
 * The generated code is committed: a build needs no generator, it only copies it (copy-generated.mjs). In TypeScript it
 * is imported as `./generated/NAME.js`, the same path in src and in dist.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));

const packages = names.length > 0 ? names : readdirSync(join(root, 'libs')).filter(generates);
const stale = packages.flatMap((name) => protos(name).flatMap((proto) => generate(name, proto)));
if (flags.includes('--check') && stale.length > 0) {
  console.error(`Not what tools/proto.mjs generates: ${stale.join(', ')}. Run: node tools/proto.mjs`);
  process.exitCode = 1;
}

/** Whether a package has generated code; libs/format writes its few messages down as tables. */
function generates(name) {
  return existsSync(join(root, 'libs', name, 'src/generated')) && protos(name).length > 0;
}

/** The .proto files of one package. */
function protos(name) {
  const folder = join(root, 'libs', name, 'proto');
  return existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.proto')) : [];
}

/** Generates one file's code and gives the paths that changed; with --check it writes nothing. */
function generate(name, proto) {
  const scratch = mkdtempSync(join(tmpdir(), 'dqn-proto-'));
  try {
    const base = basename(proto, '.proto');
    const js = join(scratch, `${base}.js`);
    const types = join(scratch, `${base}.d.ts`);
    cli('pbjs', [
      ...['-t', 'static-module', '-w', 'es6', '--no-verify', '--no-convert', '--no-delimited', '--no-service'],
      // One root a file, so that two packages in one process don't share a namespace.
      ...['--root', `dqn-${name}-${base}`, '-o', js, join(root, 'libs', name, 'proto', proto)],
    ]);
    // Node's ES modules need the file's extension, and protobufjs is CommonJS: only its default export is certain.
    const code = readFileSync(js, 'utf8').replace(
      /import (?:\* as )?\$protobuf from "protobufjs\/minimal(?:\.js)?";/,
      'import $protobuf from "protobufjs/minimal.js";',
    );
    if (!code.includes('"protobufjs/minimal.js"')) throw new Error(`pbjs wrote an unknown import into ${js}`);
    const changed = emit(join(root, 'libs', name, 'src/generated', `${base}.js`), code);
    // The types are made from the code, slowly: where only a check is wanted the code will do.
    if (flags.includes('--check')) return changed;
    cli('pbts', ['-o', types, js]);
    return [
      ...changed,
      ...emit(join(root, 'libs', name, 'src/generated', `${base}.d.ts`), readFileSync(types, 'utf8')),
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function emit(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return [];
  if (!flags.includes('--check')) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return [path.slice(root.length + 1)];
}

function cli(name, args) {
  execFileSync(process.execPath, [join(root, 'node_modules/protobufjs-cli/bin', name), ...args], { stdio: 'inherit' });
}
