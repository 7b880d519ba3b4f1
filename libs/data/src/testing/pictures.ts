/** @file Small pictures and folders for tests. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll } from 'vitest';

const made: string[] = [];

/** A folder that is removed after the file's tests. */
export async function temporaryFolder(): Promise<string> {
  if (made.length === 0) {
    afterAll(async () => {
      for (const folder of made) await rm(folder, { recursive: true, force: true });
    });
  }
  const folder = await mkdtemp(join(tmpdir(), 'dqn-data-'));
  made.push(folder);
  return folder;
}

/** A PNG of one colour. */
export function plainPng(red: number, green: number, blue: number, size = 8): Promise<Buffer> {
  return sharp({ create: { width: size, height: size, channels: 3, background: { r: red, g: green, b: blue } } })
    .png()
    .toBuffer();
}

/** Writes files below a folder, making the folders between. */
export async function writeTree(folder: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}
