/** @file A WebGPU adapter for tests: a software one where Chromium's and Vulkan's loader are installed, missed loudly. */
import { appendFileSync } from 'node:fs';
import { findSoftwareVulkan } from './needs.mjs';

/**
 * Has this process's WebGPU run on Chromium's software adapter, so that results don't depend on the machine; on the
 * adapter that VK_ICD_FILENAMES names where it is set. On the main thread, before the first session.
 *
 * @returns true where there is none, after having said so: in the test's output, and in the file that DQN_SKIPS names.
 *   Where CI is set, that is an error.
 */
export function webgpuIsMissing(what) {
  const driver = findSoftwareVulkan();
  if (driver) {
    process.env.VK_ICD_FILENAMES ??= driver;
    return false;
  }
  const line = `${what}: no software adapter for WebGPU. Debian: apt-get install chromium libvulkan1.`;
  if (process.env.CI && process.env.CI !== 'false') throw new Error(line);
  console.warn(`SKIPPED ${line}`);
  if (process.env.DQN_SKIPS) appendFileSync(process.env.DQN_SKIPS, `${line}\n`);
  return true;
}
