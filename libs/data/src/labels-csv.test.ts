import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from './errors.ts';
import { parseLabelsCsv, parsePictureList } from './labels-csv.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string) => parseLabelsCsv(bytes(text), 'labels.csv');

describe('labels.csv', () => {
  it('is path, labels separated by ";", with or without a header, quoted or not', () => {
    const rows = [
      { path: 'a.jpg', labels: ['sea'] },
      { path: 'b/c, d.jpg', labels: ['sea', 'sun set'] },
    ];
    expect(parse('path,labels\na.jpg,sea\n"b/c, d.jpg", sea ; sun set;sea\n')).toEqual(rows);
    expect(parse('\ufeffa.jpg,sea\r\n\r\n"b/c, d.jpg","sea;sun set"')).toEqual(rows);
    expect(parse('a.jpg\nb.jpg,')).toEqual([
      { path: 'a.jpg', labels: [] },
      { path: 'b.jpg', labels: [] },
    ]);
  });

  it.each([
    ['a.jpg,sea,sun', /line 1 has 3 columns/],
    ['path,labels\na.jpg,sea\n./a.jpg,sun', /line 3: a\.jpg was named in line 2/],
    [',sea', /line 1: the path is empty/],
    ['../../etc/x.png,sea', /leads out of the folder/],
    ['/etc/x.png,sea', /leads out of the folder/],
    ['C:\\x.png,sea', /leads out of the folder/],
    ['"a.jpg,sea', /labels\.csv can't be read as CSV/],
    ['path,labels\n\n,\na.jpg,x\n\n,sea', /line 6: the path is empty/],
  ])('refuses %j', (text, message) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: 'CSV_INVALID', message: expect.stringMatching(message) }),
    );
  });

  it('leaves out rows without content, whichever way a spreadsheet writes them', () => {
    const rows = parse('path,labels,\n,\n  , \n\na.jpg,sea,\n"",""\nb.jpg,sea,,\n,,\n');
    expect(rows.map(({ path }) => path)).toEqual(['a.jpg', 'b.jpg']);
    expect(parse('path,labels\n')).toEqual([]);
    expect(parse('')).toEqual([]);
  });

  it('refuses what is not UTF-8', () => {
    expect(() => parseLabelsCsv(Uint8Array.of(0x61, 0xff, 0x2c))).toThrow(/UTF-8/);
  });

  it('gives back any paths and labels that were written as CSV', () => {
    const word = fc.stringMatching(/^[a-z0-9 _"',äö€😀.-]{0,8}[a-z]$/u);
    const labels = fc.uniqueArray(word.map((label) => label.trim()));
    const rows = fc.uniqueArray(fc.record({ path: word.map((path) => path.trim()), labels }), {
      selector: (row) => row.path,
    });
    const quote = (field: string): string => `"${field.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(rows, (expected) => {
        fc.pre(expected[0]?.path !== 'path');
        const text = expected.map((row) => `${quote(row.path)},${quote(row.labels.join(';'))}`).join('\n');
        expect(parse(text)).toEqual(expected);
      }),
    );
  });

  it('either reads a damaged file or says what is wrong with it, whatever the damage', () => {
    const good = bytes('path,labels\na.jpg,"sea;sun"\nb/c.jpg,sea\nd.jpg,\n');
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.uint8Array({ maxLength: 4 }), fc.nat(6), (at, inserted, removed) => {
        const damaged = Uint8Array.from([...good.subarray(0, at), ...inserted, ...good.subarray(at + removed)]);
        try {
          for (const row of parseLabelsCsv(damaged)) expect(row.path).not.toMatch(/^(\/|\.\.)/);
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a list of pictures', () => {
  it('is a path a line, comments and blank lines left out', () => {
    expect(parsePictureList(bytes('# mine\na.jpg\r\n\n b/c.jpg \n')).map((row) => row.path)).toEqual([
      'a.jpg',
      'b/c.jpg',
    ]);
    expect(() => parsePictureList(bytes('a.jpg\na.jpg'), 'l.txt')).toThrow(
      /l\.txt, line 2: a\.jpg was named in line 1/,
    );
  });
});
