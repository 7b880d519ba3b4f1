import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServerError } from '../errors.ts';
import { toTar } from '../testing/tar.ts';
import { blocksOfLines } from './blocks.ts';
import { readTar, type TarFile } from './tar.ts';

/** The bytes in chunks that end where nobody expects it. */
async function* chunks(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes.length > 0 ? sizes[i % sizes.length] : bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of source) values.push(value);
  return values;
}

const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 5 });

describe('a stream of lines', () => {
  it('is cut where lines end, however it arrives', async () => {
    const line = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10)));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 20 }), sizes, fc.boolean(), async (lines, cut, ends) => {
        const whole = Buffer.from(
          lines.map((bytes) => bytes.toString('latin1')).join('\n') + (ends ? '\n' : ''),
          'latin1',
        );
        const blocks = await all(blocksOfLines(chunks(whole, cut), 300));
        expect(Buffer.concat(blocks)).toEqual(whole);
        for (const block of blocks.slice(0, -1)) expect(block.at(-1)).toBe(10);
      }),
      { numRuns: 200 },
    );
  });

  it('ends at a line that is too long, behind those before it', async () => {
    const blocks: string[] = [];
    const read = async (): Promise<void> => {
      const bytes = Buffer.from(`1\n2\n"${'x'.repeat(100)}"\n3\n`);
      for await (const block of blocksOfLines(chunks(bytes, [7]), 50)) blocks.push(Buffer.from(block).toString());
    };
    await expect(read()).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(blocks.join('')).toBe('1\n2\n');
  });
});

describe('a tar', () => {
  const file = fc.record({
    name: fc.oneof(fc.stringMatching(/^[a-z][a-z0-9/]{0,30}\.png$/), fc.stringMatching(/^[a-zé ]{101,260}\.png$/)),
    bytes: fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
  });

  it('gives its files, however they are named and arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(file, { maxLength: 6 }),
        sizes,
        fc.constantFrom('gnu', 'pax'),
        async (files, cut, kind) => {
          expect(await all<TarFile>(readTar(chunks(toTar(files, kind as 'gnu'), cut), 1e6))).toEqual(files);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('that is damaged is refused, or gives less, and never breaks', async () => {
    const whole = toTar([
      { name: 'a.png', bytes: Buffer.alloc(1000, 7) },
      { name: 'b.png', bytes: Buffer.alloc(10) },
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(whole.length),
        async (flips, length) => {
          const bytes = Buffer.from(whole.subarray(0, length));
          for (const [at, value] of flips) if (at < bytes.length) bytes[at] = value;
          const outcome = await all(readTar(chunks(bytes, [512]), 1e6)).catch((error: unknown) => error);
          if (!Array.isArray(outcome)) expect(outcome).toBeInstanceOf(ServerError);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('refuses a file that is too large before it is read', async () => {
    const archive = toTar([{ name: 'a.png', bytes: Buffer.alloc(2000) }]);
    await expect(all(readTar(chunks(archive, []), 1999))).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  it('passes folders and links over', async () => {
    const archive = toTar([
      { name: 'folder/', bytes: Buffer.alloc(0), type: '5' },
      { name: 'a.png', bytes: Buffer.from('a') },
    ]);
    expect((await all(readTar(chunks(archive, []), 1e6))).map(({ name }) => name)).toEqual(['a.png']);
  });
});
