import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameBehind, frames, type ReadBytes } from './frame-scan.ts';
import { FRAME_BYTES, MOST_FRAME_BYTES, packFrame } from './frames.ts';

const NONCE = 0xc0ffee11;
const FROM = 5;
const content = fc.uint8Array({ maxLength: 40 });

const readerOf =
  (bytes: Uint8Array): ReadBytes =>
  async (offset, length) =>
    bytes.subarray(offset, offset + length);

function fileOf(contents: readonly Uint8Array[]): { bytes: Uint8Array; ends: number[] } {
  const ends = [FROM];
  const pieces = contents.map((one, ordinal) => packFrame({ nonce: NONCE, ordinal, kind: 1 + ordinal }, [one]));
  for (const { length } of pieces) ends.push(ends[ends.length - 1] + length);
  const bytes = new Uint8Array(ends[ends.length - 1]);
  for (const [i, piece] of pieces.entries()) bytes.set(piece, ends[i]);
  return { bytes, ends };
}

async function read(bytes: Uint8Array, nonce = NONCE) {
  const all = frames(readerOf(bytes), { nonce, from: FROM, end: bytes.length });
  const found: { kind: number; at: number; content: number[] }[] = [];
  for (let next = await all.next(); ; next = await all.next()) {
    if (next.done) return { found, ...next.value };
    found.push({ kind: next.value.kind, at: next.value.at, content: [...next.value.content] });
  }
}

describe('frames', () => {
  it('are read as they were written, up to where the file was cut, whatever stands behind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(content, { maxLength: 6 }), fc.nat(), fc.boolean(), async (contents, cut, zeros) => {
        const { bytes, ends } = fileOf(contents);
        const length = FROM + (cut % (bytes.length - FROM + 1));
        const file = new Uint8Array(length + (zeros ? 100 : 0));
        file.set(bytes.subarray(0, length));
        const { found, end, ordinal } = await read(file);
        const whole = ends.filter((one) => one <= length).length - 1;
        expect(found).toEqual(
          contents.slice(0, whole).map((one, i) => ({ kind: 1 + i, at: ends[i] + FRAME_BYTES, content: [...one] })),
        );
        expect({ end, ordinal }).toEqual({ end: ends[whole], ordinal: whole });
      }),
    );
  });

  it('end at a flipped bit, behind which the next whole one is found', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(content, { minLength: 1, maxLength: 6 }), fc.nat(), async (contents, flip) => {
        const { bytes, ends } = fileOf(contents);
        const at = FROM + (flip % (bytes.length - FROM));
        bytes[at] ^= 1 << (flip % 8);
        const broken = ends.findLastIndex((end) => end <= at);
        const { end, ordinal, found } = await read(bytes);
        expect({ end, ordinal, count: found.length }).toEqual({ end: ends[broken], ordinal: broken, count: broken });
        const behind = await frameBehind(readerOf(bytes), { nonce: NONCE, from: end + 1, end: bytes.length });
        const isLast = broken === contents.length - 1;
        expect(behind).toEqual(isLast ? undefined : { at: ends[broken + 1], ordinal: broken + 1 });
      }),
    );
  });

  it('of another file, or in another order, are none', async () => {
    const { bytes } = fileOf([Uint8Array.of(1)]);
    expect((await read(bytes, NONCE + 1)).found).toEqual([]);
    const second = packFrame({ nonce: NONCE, ordinal: 1, kind: 1 }, []);
    expect((await read(Uint8Array.of(0, 0, 0, 0, 0, ...second))).found).toEqual([]);
  });

  it('are not made too long', () => {
    const half = new Uint8Array(MOST_FRAME_BYTES / 2);
    expect(() => packFrame({ nonce: 1, ordinal: 0, kind: 1 }, [half, half, Uint8Array.of(1)])).toThrow(RangeError);
  });
});
