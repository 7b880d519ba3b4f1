/**
 * @file `npm test`: installs and builds what is missing, then lint, types and every test.
 * The last line says how many tests passed and failed; what was skipped, and why, stands above it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { NEEDS } from './needs.mjs';
import { ensureInstalled, ROOT, run, say } from './workspace.mjs';

await ensureInstalled();

const started = Date.now();
const lint = await run('npx', ['biome', 'check', '.']);
const nx = (targets, parallel) =>
  run('npx', ['nx', 'run-many', '-t', ...targets, `--parallel=${parallel}`, '--outputStyle=static', '--nxBail=false']);
const built = await nx(['build', 'typecheck'], 2);
// One package at a time: its own workers, threads and browsers use every core.
const tested = await nx(['test'], 1);
const code = built || tested;

const count = { passed: 0, failed: 0, skipped: [], names: [] };
for (const room of ['libs', 'apps', 'tools'])
  for (const name of room === 'tools' ? [''] : readdirSync(join(ROOT, room))) {
    const report = join(ROOT, room, name, '.cache', 'tests.json');
    if (!existsSync(report)) continue;
    const { numPassedTests, numFailedTests, numFailedTestSuites, testResults } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    count.passed += numPassedTests;
    count.failed += numFailedTests;
    // A file that can't even be loaded has no tests to fail; it counts as one.
    if (numFailedTestSuites > 0 && numFailedTests === 0) count.failed += 1;
    for (const file of testResults) {
      const where = relative(ROOT, file.name);
      if (file.status === 'failed' && file.message) count.names.push(`${where}: ${file.message}`);
      for (const test of file.assertionResults) {
        if (test.status === 'skipped' || test.status === 'pending') count.skipped.push(test.fullName);
        if (test.status === 'failed')
          count.names.push(`${where}: ${test.fullName}\n${test.failureMessages.join('\n')}`);
      }
    }
  }

if (count.skipped.length > 0) {
  say(`\n${count.skipped.length} tests were SKIPPED:`);
  for (const name of count.skipped.slice(0, 40)) say(`  - ${name}`);
  if (count.skipped.length > 40) say(`  … and ${count.skipped.length - 40} more`);
}
for (const need of NEEDS)
  if (!need.here()) say(`\nNOT TESTED: ${need.loses}, since ${need.name} was not found. To get it:\n    ${need.get}`);

// The end of a log is what remains of it.
for (const name of count.names) say(`\nFAILED ${name}`);
if (lint !== 0) say('\nThe linter found something: `npx biome check .` (most of it is mended by `npm run format`).');
if (code !== 0 && count.failed === 0) say('\nA build, a type check or a test run failed; see above.');
const failed = count.failed + (lint === 0 ? 0 : 1) + (code !== 0 && count.failed === 0 ? 1 : 0);
say(`\nTests took ${Math.round((Date.now() - started) / 1000)} s.`);
console.log(`${count.passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
