/** @file Threads whose work answers don't wait for. */
import { setPriority } from 'node:os';

/** It gets a third of what another thread gets where both want to run. */
const BEHIND = 5;

/** Lets a thread stand back. Only on Linux, where a priority is a thread's; elsewhere it would be the process's. */
export function giveWay(): void {
  if (process.platform === 'linux') setPriority(0, BEHIND);
}
