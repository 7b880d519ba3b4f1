import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServerError } from '../errors.ts';
import { toTar } from '../testing/tar.ts';
import { type Line, readJsonLines } from './json-lines.ts';
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

describe('JSON lines', () => {
  it('are the same however the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 20 }), sizes, fc.boolean(), async (values, cut, ends) => {
        const text = values.map((value) => JSON.stringify(value)).join('\n') + (ends ? '\n' : '');
        const lines = await all(readJsonLines(chunks(Buffer.from(text), cut), 1e6));
        // -0 is written as 0.
        const told = values.map((value) => ({ bytes: Buffer.byteLength(JSON.stringify(value)), value }));
        expect(JSON.stringify(lines)).toBe(JSON.stringify(told));
      }),
      { numRuns: 200 },
    );
  });

  it('go on behind one that is none, and end at one that is too long', async () => {
    const lines: Line[] = [];
    const read = async (): Promise<void> => {
      const bytes = Buffer.from(`{"a":1}\r\n\n{"a":\n2\n"${'x'.repeat(100)}"\n3\n`);
      for await (const line of readJsonLines(chunks(bytes, [7]), 50)) lines.push(line);
    };
    await expect(read()).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(lines).toMatchObject([{ bytes: 8, value: { a: 1 } }, { error: expect.any(ServerError) }, { value: 2 }]);
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
