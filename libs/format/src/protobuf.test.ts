import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import * as codebook from './messages/codebook.ts';
import * as gallery from './messages/gallery.ts';
import { Message, text, whole } from './protobuf.ts';
import { mutations } from './testing/mutations.ts';

/** protobufjs, with the .proto files: what our tables have to agree with. */
function schema(name: string): protobuf.Root {
  const path = fileURLToPath(new URL(`../proto/${name}.proto`, import.meta.url));
  return protobuf.parse(readFileSync(path, 'utf8')).root;
}
const theirs = { codebook: schema('codebook'), gallery: schema('gallery') };

const count = fc.oneof(fc.nat(300), fc.maxSafeNat());
const small = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffffffff }));
const some = fc.uint8Array({ maxLength: 300 });
const words = fc.string({ unit: 'grapheme', maxLength: 12 });
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const number = fc.double({ noNaN: true });
const list = <T>(of: fc.Arbitrary<T>) => fc.array(of, { maxLength: 4 });
const enumerated = fc.nat(3);

const stored = fc.record({ offset: count, length: count, blockBytes: small, checksums: some });
const columns = Object.keys(gallery.Segment.decode(new Uint8Array(0))).filter((name) => name !== 'rows');
const segment = fc.record({ rows: count, ...Object.fromEntries(columns.map((name) => [name, maybe(stored)])) });
const image = fc.record({
  kind: words,
  version: small,
  count,
  facts: fc.dictionary(words, number, { noNullPrototype: true }),
  parts: list(fc.record({ name: words, stored: maybe(stored) })),
});
const head = { codebookSha256: some, m: small, k: small, classes: list(words), thumbnailType: words };
const training = fc.record({
  data: words,
  protocol: words,
  recipe: words,
  seed: count,
  engine: words,
  epochs: small,
  trainImages: small,
  metric: words,
  map: maybe(number),
});

const CASES = [
  ['codebook', 'CodebookFile', { magic: words, schemaVersion: small, payloadSha256: some, payload: some }],
  [
    'codebook',
    'Codebook',
    {
      m: small,
      k: small,
      d: small,
      codewords: some,
      distance: enumerated,
      modelSha256: some,
      preprocessSha256: some,
      classes: list(words),
      training: maybe(training),
    },
  ],
  [
    'gallery',
    'GalleryDirectory',
    { ...head, idKind: enumerated, image: maybe(image), segments: list(segment), weights: words },
  ],
  [
    'gallery',
    'GalleryHeader',
    { ...head, count, sections: list(fc.record({ kind: enumerated, offset: count, length: count, sha256: some })) },
  ],
] as const;

const ours = { codebook, gallery } as unknown as Record<string, Record<string, Message<object>>>;
const bare = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe.each(CASES)('%s.proto: %s', (file, name, fields) => {
  const mine = ours[file][name];
  const reference = theirs[file].lookupType(`dqn.${file}.${name}`);
  const messages = fc.record(fields as Record<string, fc.Arbitrary<unknown>>);

  it('has the fields of the .proto file', () => {
    expect(Object.keys(mine.decode(new Uint8Array(0)))).toEqual(reference.fieldsArray.map((field) => field.name));
  });

  it("is written and read with protobufjs's bytes", () => {
    fc.assert(
      fc.property(messages, (message) => {
        const bytes = mine.encode(message as object);
        // protobufjs takes null for what isn't there, and a missing map.
        expect(bare(reference.encode(reference.fromObject(message)).finish())).toBe(bare(bytes));
        expect(mine.decode(bytes)).toEqual(message);
      }),
      { numRuns: 200 },
    );
  });

  it('is refused, not misread, where bytes are missing; nothing else than an error comes of damage', () => {
    fc.assert(
      fc.property(messages, fc.nat(), (message, seed) => {
        const bytes = mine.encode(message as object);
        const cut = bytes.subarray(0, seed % (bytes.length + 1));
        let read: object | undefined;
        try {
          read = mine.decode(cut);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
        // Only a cut between two fields leaves a message, and that is what was in front of it.
        if (read) expect(bare(mine.encode(read))).toBe(bare(cut));
      }),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(
        messages.chain((message) => mutations(mine.encode(message as object))),
        (damaged) => {
          try {
            mine.decode(damaged);
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a message', () => {
  it('may hold fields of a later writer, which are passed over', () => {
    const later = new Message({ a: whole(1), b: text(2), c: text(99), d: whole(100) });
    const now = new Message({ b: text(2) });
    expect(now.decode(later.encode({ a: 300, b: 'x', c: 'later', d: 2 ** 40 }))).toEqual({ b: 'x' });
  });

  it('is no message with a number that never ends, a group, or text that is no UTF-8', () => {
    const one = new Message({ a: whole(1), b: text(2) });
    expect(() => one.decode(new Uint8Array(12).fill(0x88))).toThrow();
    expect(() => one.decode(Uint8Array.of(0x0b))).toThrow('wire type 3');
    expect(() => one.decode(Uint8Array.of(0x12, 1, 0xff))).toThrow();
    expect(() => one.decode(Uint8Array.of(0x12, 5, 0x61))).toThrow(RangeError);
    expect(one.decode(Uint8Array.of(0x12, 4, 0xef, 0xbb, 0xbf, 0x61))).toEqual({ a: 0, b: '\ufeffa' });
  });
});
