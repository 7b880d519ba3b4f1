/** @file How a database uses the codewords: what of the code's length carries something. */

/** One codebook's use. */
export interface CodebookUsage {
  /** How often each codeword is used, the most frequent first, [K]. */
  readonly counts: readonly number[];
  /** Codewords that nothing is encoded with. */
  readonly dead: number;
  /** −Σ p log2 p in bits; log2 K where all codewords are used equally. */
  readonly entropy: number;
}

/** The use of all codebooks, and of the codes as a whole. */
export interface CodeUsage {
  readonly K: number;
  readonly rows: number;
  readonly codebooks: readonly CodebookUsage[];
  /** Different codes. */
  readonly different: number;
  /** Rows that the most frequent code stands for. */
  readonly mostFrequent: number;
}

/** @param codes [rows, M] */
export function codeUsage(codes: Uint8Array, M: number, K: number): CodeUsage {
  const rows = codes.length / M;
  const codebooks = Array.from({ length: M }, (_, m) => {
    const counts = new Array<number>(K).fill(0);
    for (let at = m; at < codes.length; at += M) counts[codes[at]]++;
    counts.sort((a, b) => b - a);
    const shares = counts.filter((count) => count > 0).map((count) => count / rows);
    return {
      counts,
      dead: K - shares.length,
      // Adding 0: a codebook of one codeword in use has entropy 0, not −0.
      entropy: 0 - shares.reduce((sum, share) => sum + share * Math.log2(share), 0) + 0,
    };
  });
  const all = new Map<string, number>();
  for (let at = 0; at < codes.length; at += M) {
    const code = String.fromCharCode(...codes.subarray(at, at + M));
    all.set(code, (all.get(code) ?? 0) + 1);
  }
  let mostFrequent = 0;
  for (const count of all.values()) mostFrequent = Math.max(mostFrequent, count);
  return { K, rows, codebooks, different: all.size, mostFrequent };
}
