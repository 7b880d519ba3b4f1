import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../source.ts';
import { fullGallery } from '../testing/samples.ts';
import { openGallery } from './read.ts';
import { writeGallery } from './write.ts';

const versions: [string, Uint8Array][] = [
  ['1', new Uint8Array(readFileSync(fileURLToPath(new URL('../../fixtures/v1/items.gallery', import.meta.url))))],
  ['2', writeGallery(fullGallery())],
];

describe.each(versions)('the pieces of a gallery of schema version %s', (_, bytes) => {
  it('hold their bytes and no others, in the order of the file, and are named by them', async () => {
    const pieces = (await openGallery(bytesSource(bytes))).pieces();
    let end = 0;
    for (const piece of pieces) {
      expect(piece.offset).toBeGreaterThanOrEqual(end);
      end = piece.offset + piece.length;
      const own = bytes.slice(piece.offset, end);
      expect(piece.holds(own)).toBe(true);
      expect(piece.holds(own.with(0, own[0] ^ 1))).toBe(false);
      expect(piece.name).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(end).toBeLessThanOrEqual(bytes.length);
    const again = (await openGallery(bytesSource(bytes.slice()))).pieces();
    expect(again.map(({ name }) => name)).toEqual(pieces.map(({ name }) => name));
  });
});
