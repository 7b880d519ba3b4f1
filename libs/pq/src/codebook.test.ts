import { describe, expect, it } from 'vitest';
import { checkCodebook, codebookShape } from './codebook.ts';

describe('codebookShape', () => {
  it('gives M = bits / log2 K', () => {
    expect(codebookShape(32)).toEqual({ M: 4, K: 256 });
    expect(codebookShape(12, 64)).toEqual({ M: 2, K: 64 });
    expect(codebookShape(12, 16)).toEqual({ M: 3, K: 16 });
    expect(codebookShape(5, 2)).toEqual({ M: 5, K: 2 });
  });

  it('names the codewords that make bits possible which 256 do not', () => {
    expect(() => codebookShape(12)).toThrow(
      expect.objectContaining({ code: 'BITS_NOT_POSSIBLE', message: expect.stringContaining('64, 16, 8, 4, 2') }),
    );
  });

  it('refuses bits that no codebook makes', () => {
    for (const bits of [0, -8, 7.5, 264, Number.NaN]) {
      expect(() => codebookShape(bits)).toThrow(expect.objectContaining({ code: 'BITS_NOT_POSSIBLE' }));
    }
  });

  it('refuses a K that is no power of two from 2 to 256', () => {
    for (const K of [0, 1, 3, 100, 512, 2.5]) {
      expect(() => codebookShape(32, K)).toThrow(expect.objectContaining({ code: 'BAD_SHAPE' }));
    }
  });
});

describe('checkCodebook', () => {
  const codebook = { M: 2, K: 2, D: 4, codewords: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7) };

  it('takes one whose numbers fit', () => {
    expect(() => checkCodebook(codebook)).not.toThrow();
  });

  it('refuses shapes that do not fit', () => {
    for (const wrong of [{ M: 0 }, { M: 33 }, { M: 3 }, { K: 3 }, { D: 6 }, { D: 8 }]) {
      expect(() => checkCodebook({ ...codebook, ...wrong })).toThrow(expect.objectContaining({ code: 'BAD_SHAPE' }));
    }
  });

  it('refuses NaN and infinity', () => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      const codewords = codebook.codewords.with(3, value);
      expect(() => checkCodebook({ ...codebook, codewords })).toThrow(expect.objectContaining({ code: 'NOT_FINITE' }));
    }
  });
});
