import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLink, writeLink } from './link.ts';

const labels = fc.array(fc.string({ minLength: 1, unit: 'binary' }), { maxLength: 4 });
const vectors = fc
  .array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 64 })
  .map((values) => Float32Array.from(values));

describe('a link', () => {
  it('gives back an item and its labels, whatever is in their names', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), labels, (id, labels) => {
        expect(readLink(writeLink({ id, labels }))).toEqual({ id, labels });
      }),
    );
  });

  it('gives back an embedding to the last bit', () => {
    fc.assert(
      fc.property(vectors, labels, (vector, labels) => {
        const link = writeLink({ vector, labels });
        expect(link).toMatch(/^#v=[\w-]+(&|$)/);
        expect(readLink(link)).toEqual({ vector, labels });
      }),
    );
  });

  it('asks for nothing where nothing is said', () => {
    for (const hash of ['', '#', '#v=', '#other=1', '#id=']) expect(readLink(hash), hash).toEqual({ labels: [] });
    expect(writeLink({ labels: [] })).toBe('');
  });

  it('is refused where its embedding was cut off or changed', () => {
    const refused = (text: string) => expect(() => readLink(`#v=${text}`), text).toThrow('copy the whole link');
    for (const text of ['AAA', '*', btoa('\0\0\xc0\x7f')]) refused(text);
    const whole = writeLink({ vector: Float32Array.of(1, 2, 3), labels: [] });
    refused(whole.slice(3, -1));
  });
});
