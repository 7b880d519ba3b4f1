/** @file A Python with the packages that a test compares with: found by itself, missed loudly. */
import { spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';

/**
 * The first of DQN_PYTHON, python3 that has all of these packages. Where none has, undefined, after having said so in
 * the test's output and in the file that DQN_SKIPS names; where CI is set, an error.
 */
export function pythonWith(packages: readonly string[], what: string): string | undefined {
  for (const python of [process.env.DQN_PYTHON, 'python3', '/usr/bin/python3']) {
    if (python && spawnSync(python, ['-c', `import ${packages.join(', ')}`], { stdio: 'ignore' }).status === 0) {
      return python;
    }
  }
  const line = `${what}: no Python with ${packages.join(' and ')} found. Set DQN_PYTHON to one (pip install faiss-cpu numpy).`;
  if (process.env.CI && process.env.CI !== 'false') throw new Error(line);
  console.warn(`SKIPPED ${line}`);
  if (process.env.DQN_SKIPS) appendFileSync(process.env.DQN_SKIPS, `${line}\n`);
  return undefined;
}

/** What a Python program prints, as JSON. */
export function runPython(python: string, program: string, ...args: string[]): unknown {
  const { status, stdout, stderr } = spawnSync(python, ['-c', program, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`Python failed:\n${stderr}`);
  return JSON.parse(stdout);
}
