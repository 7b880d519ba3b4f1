/** @file emoji-datasource-google from the npm registry that the user has configured, into the cache. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '@dqn/format/node';
import * as tar from 'tar';
import { fillFolder } from '../cache.ts';
import type { DataProgress } from '../dataset.ts';
import { DataError } from '../errors.ts';
import { kindOf } from '../files.ts';

const PACKAGE = 'emoji-datasource-google';
const VERSION = '16.0.0';
/** sha512 of the published tarball, as the registry states it. */
const INTEGRITY = 'ZRexfzs7MVoLnmzZmNsO4TKhnAJp5D++Vm6PpUpH/jEQQlemp3l88CjZ+DoZ2faM9R4QxZkOPJCoT8DlPhfQ3A==';
/** Pictures of the package, skin tones included. */
export const EMOJI_COUNT = 3786;

/** What {@link fetchEmoji} needs. */
export interface FetchEmojiOptions {
  cache: string;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: DataProgress) => void) | undefined;
  /** Another way to get the tarball than `npm pack` (tests): writes it into the folder, returns its path. */
  pack?: (folder: string) => Promise<string>;
  /** Another tarball than the published one (tests). */
  integrity?: string;
}

/**
 * The folder of the unpacked package (emoji.json, img/google/64/), fetched when it is missing.
 *
 * @throws {DataError} DOWNLOAD_FAILED, CHECKSUM_MISMATCH
 */
export async function fetchEmoji(options: FetchEmojiOptions): Promise<string> {
  const { cache, signal, onProgress, integrity = INTEGRITY } = options;
  const folder = join(cache, `${PACKAGE}-${VERSION}`);
  if ((await kindOf(join(folder, 'emoji.json'))) === 'file') return folder;
  await makeFolder(cache);
  onProgress?.({ stage: 'download', done: 0, total: 0, unit: 'bytes', what: 'emoji' });
  await fillFolder(folder, async (draft) => {
    const tarball = await (options.pack ?? ((into) => npmPack(into, signal)))(draft);
    const found = createHash('sha512')
      .update(await readFile(tarball))
      .digest('base64');
    if (found !== integrity) {
      throw new DataError(
        'CHECKSUM_MISMATCH',
        `${PACKAGE}@${VERSION}: expected sha512-${integrity}, the registry sent sha512-${found}: check npm's registry setting`,
      );
    }
    signal?.throwIfAborted();
    onProgress?.({ stage: 'extract', done: 0, total: EMOJI_COUNT, unit: 'pictures', what: 'emoji' });
    await tar.extract({
      file: tarball,
      cwd: draft,
      strip: 1,
      strict: true,
      filter: (path) => /^package\/(emoji\.json|LICENSE|img\/google\/64\/[^/]+\.png)$/.test(path),
    });
    await rm(tarball);
    // In one file rather than in 3,786, the pictures are hashed once, here, and not at every start.
    await writeFile(join(draft, 'hashes.json'), JSON.stringify(await hashPictures(join(draft, 'img/google/64'))));
  });
  return folder;
}

/** sha256 of every picture, by file name: equal ones are the same picture under two names. */
async function hashPictures(folder: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const name of (await readdir(folder)).sort()) {
    hashes[name] = createHash('sha256')
      .update(await readFile(join(folder, name)))
      .digest('hex');
  }
  return hashes;
}

async function npmPack(folder: string, signal?: AbortSignal): Promise<string> {
  const wanted = `${PACKAGE}@${VERSION}`;
  // Run where the user stands, so that the project's and the user's own .npmrc count.
  const args = ['pack', wanted, '--pack-destination', folder, '--ignore-scripts', '--loglevel=error'];
  const child = spawn('npm', args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: process.platform === 'win32',
    ...(signal ? { signal } : {}),
  });
  const { code, stderr } = await finished(child, signal);
  const name = (await readdir(folder)).find((file) => file.endsWith('.tgz'));
  if (code !== 0 || !name) {
    throw new DataError(
      'DOWNLOAD_FAILED',
      `npm pack ${wanted} failed (exit ${code}): ${stderr.trim().split('\n').slice(0, 2).join(' ') || 'no reason given'}; check the network and npm's registry setting, then try again`,
    );
  }
  const path = join(folder, 'package.tgz.download');
  await rename(join(folder, name), path);
  return path;
}

async function finished(child: ChildProcess, signal?: AbortSignal): Promise<{ code: number | null; stderr: string }> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('close', (code) => resolve({ code, stderr }));
    child.once('error', (cause) => {
      if (signal?.aborted) reject(signal.reason);
      else
        reject(
          new DataError('DOWNLOAD_FAILED', `npm can't be started (${cause.message}): is it on the PATH?`, { cause }),
        );
    });
  });
}
