/** @file What the steps of `npm run native` share: a tool that is missing, a program that fails, what a killed run left. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** An error that is told by its message alone. */
export class NativeError extends Error {}

/** Stops with what is missing and the command that brings it. */
export function missing(what, get) {
  throw new NativeError(`${what}\nTo get it:\n    ${get}`);
}

/** Runs a program quietly; what it wrote is shown only when it fails. */
export function must(what, command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (result.status === 0) return result.stdout;
  const wrote = `${result.stdout ?? ''}${result.stderr ?? ''}`.trim().split('\n').slice(-25).join('\n');
  throw new NativeError(
    `${what} failed: \`${command} ${args.join(' ')}\` ended with ${result.error?.message ?? result.signal ?? result.status}.\n${wrote}`,
  );
}

/** Whether a program runs and ends well. */
export const works = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** A Python that has pip: $PYTHON, python3, python. */
export function findPip() {
  const named = process.env.PYTHON;
  const pythons = (named ? [named] : ['python3', 'python']).filter((python) => works(python, ['--version']));
  if (pythons.length === 0)
    missing(
      named ? `PYTHON names ${named}, which doesn't run.` : 'Python is missing: the libraries come by its pip.',
      'sudo apt-get install -y python3-pip',
    );
  const python = pythons.find((python) => works(python, ['-m', 'pip', '--version']));
  if (!python) missing(`${pythons[0]} has no pip, which fetches the libraries.`, 'sudo apt-get install -y python3-pip');
  return python;
}

/** Whether NVIDIA's driver is on this machine: Linux's own, or the one that WSL hands in. */
export const driverIsHere = () =>
  existsSync('/proc/driver/nvidia/version') || existsSync('/usr/lib/wsl/lib/libcuda.so.1');

/** Deletes what an interrupted build of a process that is gone has left. */
export function removeLeftovers(place) {
  if (!existsSync(dirname(place))) return;
  for (const entry of readdirSync(dirname(place))) {
    const pid = Number(entry.match(/\.(\d+)\.part$/)?.[1]);
    if (!pid || !entry.startsWith(`${basename(place)}.`)) continue;
    try {
      process.kill(pid, 0);
    } catch {
      rmSync(join(dirname(place), entry), { recursive: true, force: true });
    }
  }
}
