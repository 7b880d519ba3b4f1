/**
 * @file The service's OpenAPI document, fuzzed by Schemathesis: requests that fit the schemas and requests that don't.
 *
 *     pip install schemathesis                        once; DQN_SCHEMATHESIS names another program than `schemathesis`
 *     node tools/schemathesis.mjs [--max-examples N]  what follows goes to `schemathesis run`
 *
 * It serves an empty gallery in a temporary folder. What is left out: that whatever fits a schema is accepted (bytes that
 * are base64 are no picture for that), and the stream of items, for whose types Schemathesis has no writer.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT, run, say } from './workspace.mjs';

const folder = await mkdtemp(join(tmpdir(), 'dqn-schemathesis-'));
const args = [
  'serve',
  join(folder, 'a.gallery'),
  '--create',
  'string',
  '--port',
  '0',
  '--log-level',
  'error',
  '--json',
];
const model = ['--model', join(ROOT, 'models', 'cifar10-32bit'), '--provider', 'cpu'];
const service = spawn(process.execPath, [join(ROOT, 'apps/trainer/bin/dqn.js'), ...args, ...model], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const url = await new Promise((resolve, reject) => {
    createInterface(service.stdout).once('line', (line) => resolve(JSON.parse(line).url));
    service.once('exit', (code) => reject(new Error(`the service ended with ${code}`)));
  });
  const command = ['run', `${url}openapi.json`, '--exclude-operation-id', 'putItems'];
  const checks = ['--exclude-checks', 'positive_data_acceptance'];
  const program = process.env.DQN_SCHEMATHESIS ?? 'schemathesis';
  // It keeps what it found in the folder that it runs in.
  process.exitCode = await run(program, [...command, ...checks, ...process.argv.slice(2)], { cwd: folder });
} catch (error) {
  say(`Schemathesis couldn't run: ${error.message}. Install it by: pip install schemathesis`);
  process.exitCode = 1;
} finally {
  service.kill('SIGTERM');
  await new Promise((resolve) => (service.exitCode === null ? service.once('exit', resolve) : resolve()));
  await rm(folder, { recursive: true, force: true });
}
