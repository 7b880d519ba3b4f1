import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CodebookFile, readCodebook, writeCodebook } from './codebook.ts';
import { FormatError } from './errors.ts';
import { CodebookFile as Envelope, Codebook as Payload } from './messages/codebook.ts';
import type { MessageOf } from './protobuf.ts';
import { sha256 } from './sha256.ts';
import { flip, mutations } from './testing/mutations.ts';
import { sampleCodebook } from './testing/samples.ts';

/** A codebook.pb whose checksum holds, whatever is in it. */
function forge(payload: Partial<MessageOf<typeof Payload>>, schemaVersion = 1): Uint8Array {
  const bytes = Payload.encode(payload);
  const version = new Uint8Array(Uint32Array.of(schemaVersion).buffer);
  const payloadSha256 = sha256(new TextEncoder().encode('dqn.codebook'), version, bytes);
  return Envelope.encode({ magic: 'dqn.codebook', schemaVersion, payloadSha256, payload: bytes });
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.slice().buffer);
}

function honest(): Partial<MessageOf<typeof Payload>> {
  return Payload.decode(Envelope.decode(writeCodebook(sampleCodebook())).payload);
}

const hex = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const text = fc.string({ unit: 'grapheme' });
const codebooks: fc.Arbitrary<CodebookFile> = fc
  .record({ M: fc.constantFrom(1, 2, 3, 32), K: fc.constantFrom(2, 4, 16), d: fc.integer({ min: 1, max: 3 }) })
  .chain(({ M, K, d }) =>
    fc.record({
      schemaVersion: fc.constant(1 as const),
      M: fc.constant(M),
      K: fc.constant(K),
      D: fc.constant(M * d),
      codewords: fc.float32Array({ minLength: M * K * d, maxLength: M * K * d, noNaN: true, noDefaultInfinity: true }),
      distance: fc.constantFrom('aqd' as const, 'ip' as const, 'sqd' as const),
      modelSha256: hex,
      preprocessSha256: hex,
      classes: fc.array(text, { maxLength: 3 }),
      training: fc.record({
        data: text,
        protocol: text,
        recipe: text,
        seed: fc.maxSafeNat(),
        engine: text,
        epochs: fc.nat(),
        trainImages: fc.nat(),
        metric: text,
        map: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      }),
    }),
  );

describe('codebook.pb', () => {
  it('comes back as it was written, to the last bit', () => {
    fc.assert(
      fc.property(codebooks, (codebook) => {
        const read = readCodebook(writeCodebook(codebook));
        expect(read).toEqual(codebook);
        expect(Buffer.compare(bytesOf(read.codewords), bytesOf(codebook.codewords))).toBe(0);
      }),
    );
  });

  it('is written as plain bytes, the same each time', () => {
    const bytes = writeCodebook(sampleCodebook());
    // Not a Buffer, whose slice() is no copy.
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
    expect(writeCodebook(sampleCodebook())).toEqual(bytes);
  });

  it('is read from the middle of a larger buffer', () => {
    const bytes = writeCodebook(sampleCodebook());
    const larger = new Uint8Array(bytes.length + 10);
    larger.set(bytes, 3);
    expect(readCodebook(larger.subarray(3, 3 + bytes.length))).toEqual(sampleCodebook());
  });

  it('knows no measurement before an evaluation from a measurement of 0', () => {
    for (const map of [null, 0]) {
      const codebook = { ...sampleCodebook(), training: { ...sampleCodebook().training, map } };
      expect(readCodebook(writeCodebook(codebook)).training.map).toBe(map);
    }
  });

  it('shows every single flipped bit', () => {
    const bytes = writeCodebook(sampleCodebook());
    const unseen: number[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      try {
        readCodebook(flip(bytes, bit));
        unseen.push(bit);
      } catch (error) {
        if (!(error instanceof FormatError)) unseen.push(bit);
      }
    }
    expect(unseen).toEqual([]);
  });

  it('shows every truncation', () => {
    const bytes = writeCodebook(sampleCodebook());
    for (let size = 0; size < bytes.length; size++) {
      expect(() => readCodebook(bytes.subarray(0, size)), `${size} bytes`).toThrow(
        expect.objectContaining({ name: 'FormatError', code: 'TRUNCATED' }),
      );
    }
  });

  it('shows any other change', () => {
    fc.assert(
      fc.property(mutations(writeCodebook(sampleCodebook())), (bytes) => {
        expect(() => readCodebook(bytes)).toThrow(FormatError);
      }),
      { numRuns: 500 },
    );
  });

  it('tells a flipped bit in the codewords by both checksums', () => {
    const bytes = writeCodebook(sampleCodebook());
    expect(() => readCodebook(flip(bytes, 8 * 80))).toThrow(
      expect.objectContaining({ code: 'DAMAGED', message: expect.stringMatching(/[0-9a-f]{64}.*[0-9a-f]{64}/) }),
    );
  });

  it('refuses other files', () => {
    const others = [
      [0x89, 0x50, 0x4e, 0x47],
      [0x0a, 0x0d],
      [0x08, 0x08, 0x12, 0x00],
    ];
    for (const other of others) {
      expect(() => readCodebook(Uint8Array.from(other))).toThrow(expect.objectContaining({ code: 'NOT_A_CODEBOOK' }));
    }
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(() => readCodebook(bytes)).toThrow(FormatError);
      }),
    );
  });

  it('refuses a newer schema and says what to do', () => {
    expect(() => readCodebook(forge(honest(), 2))).toThrow(
      expect.objectContaining({ code: 'NEWER_SCHEMA', message: expect.stringMatching(/version 2.*up to 1.*Update/) }),
    );
    expect(() => readCodebook(forge(honest(), 0))).toThrow(expect.objectContaining({ code: 'DAMAGED' }));
  });

  it('ignores fields that a later writer of the same version adds', () => {
    // Field 99, a number: tag 0x98 0x06, value 1.
    const payload = Uint8Array.of(...Payload.encode(honest()), 0x98, 0x06, 1);
    const payloadSha256 = sha256(new TextEncoder().encode('dqn.codebook'), Uint8Array.of(1, 0, 0, 0), payload);
    const bytes = Envelope.encode({ magic: 'dqn.codebook', schemaVersion: 1, payloadSha256, payload });
    expect(readCodebook(bytes)).toEqual(sampleCodebook());
  });

  it('refuses what is whole but cannot be', () => {
    for (const wrong of [
      { m: 0 },
      { m: 33 },
      { m: 4 },
      { k: 3 },
      { k: 512 },
      { d: 0 },
      { d: 7 },
      { d: 0xffffffff },
      { codewords: new Uint8Array(95) },
      { codewords: new Uint8Array(0) },
      { codewords: new Uint8Array(96).fill(0xff) },
      { distance: 0 },
      { distance: 9 },
      { modelSha256: new Uint8Array(31) },
      { preprocessSha256: new Uint8Array(0) },
      { training: { ...honest().training!, map: 2 } },
      { training: { ...honest().training!, map: Number.NaN } },
    ]) {
      expect(() => readCodebook(forge({ ...honest(), ...wrong })), JSON.stringify(wrong)).toThrow(
        expect.objectContaining({ name: 'FormatError', code: 'BAD_CONTENT' }),
      );
    }
  });

  it('is not written where it could not be read', () => {
    const good = sampleCodebook();
    for (const wrong of [
      { M: 4 },
      { K: 3 },
      { D: 5 },
      { codewords: good.codewords.subarray(1) },
      { codewords: good.codewords.with(3, Number.NaN) },
      { codewords: good.codewords.with(3, Infinity) },
      { distance: 'l2' as 'aqd' },
      { modelSha256: '' },
      { preprocessSha256: 'AB'.repeat(32) },
      { classes: ['half a pair \ud83d'] },
      { training: { ...good.training, seed: -1 } },
      { training: { ...good.training, epochs: 1.5 } },
      { training: { ...good.training, map: 56 } },
    ]) {
      expect(() => writeCodebook({ ...good, ...wrong })).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
    }
  });
});
