/** @file A file from the web: resumed where it stopped, checked, and in place only when it is whole. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '@dqn/format/node';
import type { DataProgress } from './dataset.ts';
import { DataError } from './errors.ts';

/** What {@link download} fetches. */
export interface DownloadOptions {
  url: string;
  /** Where the file shall be; until it is whole it is `FILE.part`. */
  file: string;
  hash: { algorithm: 'md5' | 'sha256' | 'sha512'; hex: string };
  /** Its name for people. */
  what: string;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: DataProgress) => void) | undefined;
}

/**
 * Downloads a file unless it is there. What an interrupted download left is continued by a range request; when
 * the sum of the parts has a wrong hash, one whole download follows before we give up.
 *
 * @throws {DataError} DOWNLOAD_FAILED, CHECKSUM_MISMATCH
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { file, hash } = options;
  if ((await sizeOf(file)) !== undefined && (await hashFile(file, hash.algorithm)) === hash.hex) return;
  await rm(file, { force: true });
  await makeFolder(dirname(file));
  const part = `${file}.part`;
  const resumed = (await sizeOf(part)) !== undefined;
  await fetchTo(part, options);
  let found = await hashFile(part, hash.algorithm);
  if (found !== hash.hex && resumed) {
    await rm(part);
    await fetchTo(part, options);
    found = await hashFile(part, hash.algorithm);
  }
  if (found !== hash.hex) {
    await rm(part);
    throw new DataError(
      'CHECKSUM_MISMATCH',
      `${options.url}: expected ${hash.algorithm} ${hash.hex}, found ${found}; it was removed: try again, or fetch the file by hand`,
    );
  }
  await rename(part, file);
}

async function fetchTo(part: string, options: DownloadOptions): Promise<void> {
  const { url, what, signal, onProgress } = options;
  const have = (await sizeOf(part)) ?? 0;
  try {
    const response = await fetch(url, {
      headers: have > 0 ? { range: `bytes=${have}-` } : {},
      ...(signal ? { signal } : {}),
    });
    // 416: the part is as long as the file, or longer; the hash decides.
    if (response.status === 416) return void (await response.body?.cancel());
    if (!response.ok || !response.body) throw new Error(`HTTP ${response.status} ${response.statusText}`);
    const goesOn = response.status === 206;
    let done = goesOn ? have : 0;
    const total = done + Number(response.headers.get('content-length') ?? 0);
    const out = await open(part, goesOn ? 'a' : 'w');
    try {
      for await (const chunk of response.body) {
        await out.write(chunk);
        done += chunk.byteLength;
        onProgress?.({ stage: 'download', done, total: Math.max(total, done), unit: 'bytes', what });
      }
      await out.sync();
    } finally {
      await out.close();
    }
  } catch (cause) {
    signal?.throwIfAborted();
    const error = cause as Error & { cause?: { code?: string; message?: string } };
    const reason = error.cause?.code ?? error.cause?.message ?? error.message;
    throw new DataError(
      'DOWNLOAD_FAILED',
      `${url} can't be downloaded (${reason}): try again; what has arrived so far is kept`,
      { cause },
    );
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    (found) => found.size,
    () => undefined,
  );
}

async function hashFile(file: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}
