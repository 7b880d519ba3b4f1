import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/model.ts';
import { openFilesReader } from './files.ts';

it('refuses a folder that is missing, no folder, or empty as where a mount is gone', async () => {
  const place = join(await temporaryFolder(), 'photos');
  const open = () => openFilesReader({ kind: 'files', place, digest: '' });
  const refused = (why: string) => ({ code: 'SOURCE_MISSING', message: expect.stringContaining(why) });
  await expect(open()).rejects.toMatchObject(refused('ENOENT'));
  await mkdir(place);
  await expect(open()).rejects.toMatchObject(refused('it is empty: is it mounted?'));
  await writeFile(join(place, '1.png'), '');
  const reader = await open();
  await reader.check();
  await rm(join(place, '1.png'));
  await expect(reader.check()).rejects.toMatchObject(refused('it is empty'));
  await rm(place, { recursive: true });
  await writeFile(place, '');
  await expect(open()).rejects.toMatchObject(refused('it is no folder'));
});
