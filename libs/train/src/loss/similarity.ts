/** @file How similar the images of a batch are, by their labels. */

/**
 * `shared`: 1 where two images share any label, else 0 (the paper). `graded`: the share of their labels that is common,
 * |A ∩ B| / |A ∪ B|, so that among images of one category those of one subcategory too are nearer. The two are equal
 * where every image has one label.
 */
export type SimilarityMeasure = 'shared' | 'graded';

/**
 * The similarity matrix of a batch: 0 … 1, symmetric; an image is similar to itself, also one without labels.
 *
 * @param labels - the labels of each image, class indices ≥ 0, each at most once
 * @returns [n, n] row-major
 */
export function similarity(
  labels: readonly (readonly number[])[],
  measure: SimilarityMeasure = 'shared',
): Float32Array {
  const n = labels.length;
  const common = new Float32Array(n * n);
  const rowsOf = new Map<number, number[]>();
  labels.forEach((own, row) => {
    for (const label of own) {
      const rows = rowsOf.get(label);
      if (rows) rows.push(row);
      else rowsOf.set(label, [row]);
    }
  });
  for (const rows of rowsOf.values()) {
    for (const i of rows) for (const j of rows) common[i * n + j] += 1;
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const at = i * n + j;
      if (i === j) common[at] = 1;
      else if (common[at] > 0) {
        common[at] = measure === 'shared' ? 1 : common[at] / (labels[i].length + labels[j].length - common[at]);
      }
    }
  }
  return common;
}
