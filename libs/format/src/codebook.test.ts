import { describe, expect, it } from 'vitest';
import { readCodebook, writeCodebook } from './codebook.ts';
import { sampleCodebook } from './testing/samples.ts';

describe('codebook.pb', () => {
  it('comes back as it was written', () => {
    expect(readCodebook(writeCodebook(sampleCodebook()))).toEqual(sampleCodebook());
  });
});
