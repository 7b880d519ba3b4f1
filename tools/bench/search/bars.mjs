/**
 * @file What each row is expected to reach: `least`, how many times faster than the peer, or `most`, in the row's unit.
 * A row with both needs one of them. The table shows the bar beside the figure; a bar missed is not an error.
 */

/** [case, peer, bar]; the first that fits holds. */
const BARS = [
  [/^M=4 10M (clustered|hard) k=100?$/, 'Faiss IndexPQ', { least: 60 }],
  [/^M=4 10M (clustered|hard) k=100?$/, 'Faiss FastScan', { least: 10 }],
  [/^M=4 10M uniform k=100$/, 'Faiss IndexPQ', { least: 15 }],
  [/^M=4 10M uniform k=100$/, 'Faiss FastScan', { least: 3 }],
  [/^M=4 1M hard k=100$/, 'Faiss IndexPQ', { least: 9 }],
  [/^M=4 1M hard k=100$/, 'Faiss FastScan', { least: 2 }],
  [/^M=8 10M clustered k=100$/, 'Faiss IndexPQ', { least: 80 }],
  [/^M=8 10M hard k=100$/, 'Faiss IndexPQ', { least: 5 }],
  [/^M=8 10M hard k=100$/, 'Faiss FastScan', { least: 1 }],
  [/^M=8 10?M uniform k=10{1,3}$/, 'Faiss IndexPQ', { least: 1 }],
  [/^M=8 10M duplicates k=100$/, 'ours without postings', { least: 10 }],
  [/^M=8 10M duplicates memory$/, null, { most: 5 }],
  [/ (tail|deletes|filter) /, 'ours, plain', { least: 1 / 3, most: 3 }],
  [/^M=4 100M clustered k=100$/, 'ours at 10M', { least: 1 / 3 }],
  [/^M=4 10M [a-z]+ memory$/, null, { most: 6.5 }],
  [/^M=8 10M (clustered|hard|uniform) memory$/, null, { most: 11.5 }],
  [/^M=[48] 10M [a-z]+ open$/, null, { most: 500 }],
  [/^encode D=64 M=4$/, null, { least: 4 }],
  [/^encode D=128 M=4$/, null, { least: 2.4 }],
  [/^encode D=300 M=4$/, null, { least: 1.3 }],
  [/ in Chromium$/, 'ours in Node', { least: 0.7 }],
];

/** The row with its bar and whether it is met; as it is where there is none, or where the peer is absent. */
export function withBar(row) {
  const bar = BARS.find(([name, peer]) => name.test(row.case) && (peer === null || peer === row.peer))?.[2];
  if (bar === undefined) return row;
  const { least, most } = bar;
  if (most === undefined && row.ratio === null) return row;
  const met = (least !== undefined && row.ratio >= least) || (most !== undefined && row.ours <= most);
  return { ...row, ...bar, met };
}
