import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../errors.ts';
import { checkBatch, parseMeta, pictureAt, RECORD_BYTES } from './batches.ts';

function batch(records: number): Uint8Array {
  const bytes = new Uint8Array(records * RECORD_BYTES);
  for (let i = 0; i < bytes.length; i++) bytes[i] = i % RECORD_BYTES === 0 ? (i / RECORD_BYTES) % 10 : i % 251;
  return bytes;
}

describe('a CIFAR-10 batch', () => {
  it('gives pixels interleaved, from three planes', () => {
    const bytes = batch(3);
    const { width, height, data } = pictureAt(bytes, 2);
    expect([width, height, data.length]).toEqual([32, 32, 3072]);
    const record = 2 * RECORD_BYTES + 1;
    const pixel = 5 * 32 + 7;
    expect([...data.subarray(3 * pixel, 3 * pixel + 3)]).toEqual(
      [0, 1, 2].map((plane) => bytes[record + plane * 1024 + pixel]),
    );
  });

  it('is accepted only at its exact size, and the message names file, expected and found bytes', () => {
    checkBatch(batch(4), 'x.bin', 4);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 * RECORD_BYTES }), (length) => {
        fc.pre(length !== 4 * RECORD_BYTES);
        const bytes = batch(6).subarray(0, length);
        expect(() => checkBatch(bytes, 'x.bin', 4)).toThrow(
          expect.objectContaining({
            code: 'DATASET_TRUNCATED',
            message: expect.stringMatching(new RegExp(`x\\.bin.* 12292 bytes.* found ${length}\\b`)),
          }),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('with one byte changed is refused when the byte is a label above 9, and read otherwise', () => {
    fc.assert(
      fc.property(fc.nat(4 * RECORD_BYTES - 1), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const bytes = batch(4);
        bytes[at] = value;
        const isBadLabel = at % RECORD_BYTES === 0 && value > 9;
        if (isBadLabel) expect(() => checkBatch(bytes, 'x.bin', 4)).toThrow(DataError);
        else checkBatch(bytes, 'x.bin', 4);
      }),
      { examples: [[RECORD_BYTES, 10]] },
    );
  });
});

describe('batches.meta.txt', () => {
  it('holds ten distinct names, blank lines aside', () => {
    const names = 'a b c d e f g h i j'.split(' ');
    expect(parseMeta(`${names.join('\r\n')}\n\n`)).toEqual(names);
    expect(() => parseMeta('a\nb\n')).toThrow(expect.objectContaining({ code: 'DATASET_INVALID' }));
    expect(() => parseMeta('a\n'.repeat(10))).toThrow(expect.objectContaining({ code: 'DATASET_INVALID' }));
  });
});
