import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePlainPng } from './png.ts';

/** As picture.ts has sharp decode. */
async function bySharp(file: Uint8Array): Promise<Buffer> {
  const { data, info } = await sharp(file, { failOn: 'error', autoOrient: true })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels === 3) return data;
  return Buffer.from(
    Uint8Array.from({ length: info.width * info.height * 3 }, (_, i) => data[Math.floor(i / 3) * info.channels]),
  );
}

function chunk(name: string, body: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), body]);
  const out = Buffer.alloc(8 + named.length);
  out.writeUInt32BE(body.length, 0);
  named.copy(out, 4);
  out.writeUInt32BE(crc32(named), 4 + named.length);
  return out;
}

const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const;

/** A PNG file around filtered rows: any bytes are some picture, whatever the filters. */
function png(o: {
  width: number;
  height: number;
  type: number;
  rows: Uint8Array;
  before?: Buffer[];
  cut?: number;
}): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(o.width, 0);
  header.writeUInt32BE(o.height, 4);
  header.set([8, o.type, 0, 0, 0], 8);
  const packed = deflateSync(o.rows);
  const cut = Math.min(o.cut ?? packed.length, packed.length);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    ...(o.before ?? []),
    ...(o.type === 3
      ? [
          chunk(
            'PLTE',
            Uint8Array.from({ length: 768 }, (_, i) => (i * 37) & 255),
          ),
        ]
      : []),
    chunk('IDAT', packed.subarray(0, cut)),
    ...(cut < packed.length ? [chunk('IDAT', packed.subarray(cut))] : []),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

const anyPicture = fc
  .record({
    width: fc.integer({ min: 1, max: 20 }),
    height: fc.integer({ min: 1, max: 20 }),
    type: fc.constantFrom(0, 2, 3, 4, 6),
    seed: fc.integer(),
    cut: fc.integer({ min: 1, max: 200 }),
  })
  .map(({ width, height, type, seed, cut }) => {
    const stride = width * CHANNELS[type as keyof typeof CHANNELS] + 1;
    let state = seed;
    const rows = Uint8Array.from({ length: height * stride }, (_, i) => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      const value = state >>> 24;
      return i % stride === 0 ? value % 5 : value;
    });
    return { width, height, type, rows, cut };
  });

describe('a plain PNG', () => {
  it('is decoded to the bytes that sharp gives, for every colour type, filter and alpha', async () => {
    await fc.assert(
      fc.asyncProperty(anyPicture, async (picture) => {
        const file = png(picture);
        const ours = decodePlainPng(file);
        expect(ours).toMatchObject({ width: picture.width, height: picture.height });
        expect((await bySharp(file)).equals(ours!.data)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('may carry texts, times and sizes', () => {
    const rows = new Uint8Array(2 * 7);
    const file = png({ width: 2, height: 2, type: 2, rows, before: [chunk('tEXt', Buffer.from('a\0b'))] });
    expect(decodePlainPng(file)?.data).toEqual(new Uint8Array(12));
  });

  it('is left to sharp when it is not that plain', async () => {
    const rows = new Uint8Array(2 * 7);
    const whole = png({ width: 2, height: 2, type: 2, rows });
    const wide = { width: 300, height: 300, channels: 3, background: '#123' } as const;
    const others: Uint8Array[] = [
      png({ width: 2, height: 2, type: 2, rows, before: [chunk('gAMA', Buffer.from([0, 0, 0x80, 0]))] }),
      png({ width: 2, height: 2, type: 2, rows, before: [chunk('tRNS', Buffer.alloc(6))] }),
      png({ width: 2, height: 2, type: 2, rows, before: [chunk('eXIf', Buffer.alloc(6))] }),
      png({ width: 2, height: 2, type: 2, rows: rows.subarray(1) }),
      png({ width: 2, height: 2, type: 2, rows: new Uint8Array(15) }),
      png({ width: 2, height: 2, type: 2, rows: new Uint8Array(14).fill(9) }),
      Buffer.concat([whole, Buffer.from([0])]),
      await sharp({ create: wide }).png().toBuffer(),
      await sharp({ create: { ...wide, width: 9 } })
        .png({ progressive: true })
        .toBuffer(),
      await sharp({ create: { ...wide, width: 9 } })
        .toColourspace('rgb16')
        .png()
        .toBuffer(),
      await sharp({ create: { ...wide, width: 9 } })
        .jpeg()
        .toBuffer(),
      new Uint8Array(0),
    ];
    others.forEach((file, i) => {
      expect([i, decodePlainPng(file)]).toEqual([i, undefined]);
    });
    expect(decodePlainPng(whole)).toBeDefined();
  });

  it('is left to sharp wherever it is cut off or has a wrong bit', () => {
    const file = png({ width: 3, height: 2, type: 6, rows: new Uint8Array(26) });
    for (let length = 0; length < file.length; length++) {
      expect(decodePlainPng(file.subarray(0, length))).toBeUndefined();
    }
    for (let bit = 0; bit < file.length * 8; bit++) {
      const damaged = Buffer.from(file);
      damaged[bit >> 3] ^= 1 << (bit & 7);
      expect(decodePlainPng(damaged)).toBeUndefined();
    }
  });
});
