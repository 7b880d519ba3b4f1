/** @file Which images of a batch are similar: those that share a label. */

/**
 * The similarity matrix of a batch: 1 where two images share a label, else 0. Symmetric; an image is similar to
 * itself, also one without labels.
 *
 * @param labels - the labels of each image, class indices ≥ 0
 * @returns [n, n] row-major
 */
export function similarity(labels: readonly (readonly number[])[]): Float32Array {
  const n = labels.length;
  const similar = new Float32Array(n * n);
  const rowsOf = new Map<number, number[]>();
  for (let row = 0; row < n; row++) {
    similar[row * n + row] = 1;
    for (const label of labels[row]) {
      const rows = rowsOf.get(label);
      if (rows) rows.push(row);
      else rowsOf.set(label, [row]);
    }
  }
  for (const rows of rowsOf.values()) {
    for (const i of rows) for (const j of rows) similar[i * n + j] = 1;
  }
  return similar;
}
