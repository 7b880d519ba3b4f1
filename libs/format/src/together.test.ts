import { describe, expect, it } from 'vitest';
import { readCodebook, writeCodebook } from './codebook.ts';
import { crc32 } from './crc32.ts';
import { openGallery } from './gallery/read.ts';
import { writeGallery } from './gallery/write.ts';
import { sha256Hex } from './sha256.ts';
import { bytesSource } from './source.ts';
import { sampleCodebook, sampleGallery } from './testing/samples.ts';
import { verifyTogether } from './together.ts';

const bytes = writeCodebook(sampleCodebook());
const codebook = readCodebook(bytes);
const codebookSha256 = sha256Hex(bytes);
const { meta: gallery } = await openGallery(bytesSource(writeGallery({ ...sampleGallery(), codebookSha256 })));
const { modelSha256, preprocessSha256 } = codebook;
const other = sha256Hex(Uint8Array.of(1));

describe('verifyTogether', () => {
  it('takes what belongs together, all of it or a part', () => {
    verifyTogether({ modelSha256, preprocessSha256, codebook, codebookSha256, gallery });
    verifyTogether({ codebook, codebookSha256 });
  });

  it('refuses a codebook of another network or preprocessing, and names both hashes', () => {
    expect(() => verifyTogether({ modelSha256: other, codebook, codebookSha256 })).toThrow(
      expect.objectContaining({
        code: 'MODEL_MISMATCH',
        message: expect.stringMatching(
          `^model.onnx has SHA-256 ${other}, but the codebook was made for ${modelSha256}`,
        ),
      }),
    );
    expect(() => verifyTogether({ modelSha256, preprocessSha256: other, codebook, codebookSha256 })).toThrow(
      expect.objectContaining({
        code: 'MODEL_MISMATCH',
        message: expect.stringMatching(`^preprocess.onnx has SHA-256 ${other}.*${preprocessSha256}`),
      }),
    );
  });

  it('refuses a gallery of another codebook, and names both hashes', () => {
    expect(() => verifyTogether({ codebook, codebookSha256: other, gallery })).toThrow(
      expect.objectContaining({
        code: 'CODEBOOK_MISMATCH',
        message: expect.stringMatching(`${codebookSha256}.*${other}`),
      }),
    );
  });

  it('refuses a gallery whose codes do not fit the codebook that it names', () => {
    for (const wrong of [{ M: 3 }, { K: 16 }]) {
      expect(() => verifyTogether({ codebook, codebookSha256, gallery: { ...gallery, ...wrong } })).toThrow(
        expect.objectContaining({ code: 'CODEBOOK_MISMATCH' }),
      );
    }
  });
});

describe('checksums', () => {
  it('are the published ones', () => {
    const text = (value: string) => new TextEncoder().encode(value);
    // FIPS 180-2, appendix B.1, and the check value of CRC-32/ISO-HDLC.
    expect(sha256Hex(text('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(crc32(text('123456789'))).toBe(0xcbf43926);
    expect(crc32(text(''))).toBe(0);
  });
});
