import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEADER_BYTES, packHeader, packPut, packRemoval, unpackChanges, unpackHeader } from './records.ts';

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const bytes = fc.uint8Array({ maxLength: 30 });
const put = fc.record({
  id: text,
  code: fc.uint8Array({ minLength: 4, maxLength: 4 }),
  labels: fc.array(text, { maxLength: 3 }),
  metadata: bytes,
  thumbnail: bytes,
  thumbnailType: fc.constantFrom('', 'image/webp'),
});

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

describe('records', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(put, text), { maxLength: 6 }), (changes) => {
        const pieces = changes.map((change) => (typeof change === 'string' ? packRemoval(change) : packPut(change)));
        const content = joined(pieces);
        let at = 0;
        for (const [i, change] of [...unpackChanges(content, 4)].entries()) {
          const given = changes[i];
          if (typeof given === 'string') expect(change).toEqual({ kind: 'remove', id: given });
          else if (change.kind === 'put') {
            const { id, code, labels, metadata, thumbnail, thumbnailType } = given;
            expect(change).toMatchObject({ id, code, labels, thumbnailType, at, length: pieces[i].length });
            const { metadataAt, metadataLength, thumbnailLength } = change;
            expect(content.subarray(metadataAt, metadataAt + metadataLength)).toEqual(metadata);
            const from = metadataAt + metadataLength + 4;
            expect(content.subarray(from, from + thumbnailLength)).toEqual(thumbnail);
          } else expect.unreachable();
          at += pieces[i].length;
        }
        expect(at).toBe(content.length);
      }),
    );
  });

  it('that were changed are refused or read, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.array(put, { minLength: 1, maxLength: 3 }),
        fc.nat(),
        fc.nat(255),
        fc.nat(),
        (puts, at, to, cut) => {
          const content = joined(puts.map(packPut));
          content[at % content.length] = to;
          const part = content.subarray(0, content.length - (cut % 3));
          try {
            for (const change of unpackChanges(part, 4)) expect(change.id).toBeTypeOf('string');
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
        },
      ),
    );
  });

  it('have a header, in which no changed byte goes unnoticed', () => {
    const header = { nonce: 0xfedcba98, number: 7, M: 12, codebookSha256: '0123456789abcdef'.repeat(4) };
    const packed = packHeader(header);
    expect(packed).toHaveLength(HEADER_BYTES);
    expect(unpackHeader(packed)).toEqual(header);
    for (let at = 0; at < HEADER_BYTES; at++) {
      const other = packed.slice();
      other[at] ^= 16;
      expect(unpackHeader(other)).toBeUndefined();
    }
    expect(unpackHeader(packed.subarray(1))).toBeUndefined();
  });
});
