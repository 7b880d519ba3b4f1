import { type Codebook, createRandom, encode } from '@dqn/pq';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineThread } from './line-thread.ts';
import { readLines } from './lines.ts';

const random = createRandom(1);
const codebook: Codebook = {
  ...{ M: 2, K: 16, D: 6 },
  codewords: Float32Array.from({ length: 2 * 16 * 3 }, () => random.normal()),
};
const vector = () => Array.from({ length: 6 }, () => Math.fround(random.normal()));
const block = (...lines: readonly unknown[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')));
const codeOf = (numbers: number[]) => [...encode(codebook, Float32Array.from(numbers))];

describe('lines', () => {
  it('say what each item is, and the vectors among them become the codes that encoding gives', () => {
    const [a, b] = [vector(), vector()];
    const { lines, codes } = readLines(
      block(
        { id: 'a', vector: a, labels: ['cat'], metadata: { year: 1 } },
        '',
        { id: 7, code: '0f03' },
        { id: 'gone', remove: true },
        { id: 'b', vector: b },
        { id: 'p', image: 'AAECAw==', thumbnail: false },
        { id: 'u', url: 'https://a.example/x' },
      ),
      codebook,
    );
    expect(lines).toMatchObject([
      { id: 'a', row: 0, labels: ['cat'], metadata: { year: 1 } },
      { id: 7, row: 1 },
      { id: 'gone', remove: true },
      { id: 'b', row: 2 },
      { id: 'p', image: new Uint8Array([0, 1, 2, 3]), thumbnail: false },
      { id: 'u', url: 'https://a.example/x' },
    ]);
    expect([...codes]).toEqual([...codeOf(a), 15, 3, ...codeOf(b)]);
  });

  it('that are wrong say what is, and those around them are read', () => {
    const good = { id: 'good', vector: vector() };
    const { lines, codes } = readLines(
      block(
        '{"id": "broken"',
        { id: 'short', vector: [1, 2] },
        { id: 'huge', vector: [1e300, 0, 0, 0, 0, 0] },
        { id: 'two', vector: vector(), code: '0000' },
        { id: 'long', code: '000000' },
        { vector: vector() },
        good,
      ),
      codebook,
    );
    expect(lines.map(({ id, fail }) => [id, fail?.code])).toEqual([
      [undefined, 'BAD_REQUEST'],
      ['short', 'BAD_QUERY'],
      ['huge', 'BAD_QUERY'],
      ['two', 'BAD_REQUEST'],
      ['long', 'BAD_ITEM'],
      [undefined, 'BAD_REQUEST'],
      ['good', undefined],
    ]);
    expect(lines[1].fail?.message).toBe('A vector has 2 numbers; embeddings of this model have 6.');
    expect([...codes].slice(-2)).toEqual(codeOf(good.vector));
  });

  it('are each answered, whatever they hold', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.json(), fc.string()), { maxLength: 10 }), (texts) => {
        const kept = texts.map((text) => text.replaceAll('\n', ' ')).filter((text) => text.trim() !== '');
        expect(readLines(block(...kept), codebook).lines).toHaveLength(kept.length);
      }),
      { numRuns: 500 },
    );
  });

  it('are read the same in a thread, block after block', async () => {
    const thread = new LineThread(codebook);
    try {
      const blocks = Array.from({ length: 20 }, (_, i) => block({ id: i, vector: vector() }, { id: -1 }));
      const here = blocks.map((one) => readLines(one.slice(), codebook));
      expect(await Promise.all(blocks.map((one) => thread.read(one)))).toEqual(here);
    } finally {
      await thread.close();
    }
  });

  it('of a thread that ended are refused, and the next are read by another one', async () => {
    const thread = new LineThread(codebook);
    const lost = thread.read(block({ id: 1, vector: vector() }));
    await thread.close();
    await expect(lost).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect((await thread.read(block({ id: 1, code: '0102' }))).lines).toMatchObject([{ id: 1, row: 0 }]);
    await thread.close();
  });
});
