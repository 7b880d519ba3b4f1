/** @file The resize that preprocess.onnx stands for, in plain double precision, to test it against. */

/** Triangle-filter weights of one axis: for every output, the first input it reads and its weights, of sum 1. */
function filter(from: number, scale: number, to: number): { first: number; weights: number[] }[] {
  const support = Math.max(1, 1 / scale);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) / scale;
    const first = Math.max(0, Math.floor(centre - support + 0.5));
    const last = Math.min(from, Math.floor(centre + support + 0.5));
    const weights: number[] = [];
    for (let x = first; x < last; x += 1) weights.push(Math.max(0, 1 - Math.abs((x + 0.5 - centre) / support)));
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/**
 * Resizes [height, width, 3] so that its short side has `resize` pixels, then takes the middle [size, size, 3];
 * unrounded.
 */
export function referencePreprocess(
  pixels: Uint8Array,
  height: number,
  width: number,
  size: number,
  resize = size,
): Float64Array {
  const scale = Math.max(resize / height, resize / width);
  const [rows, columns] = [Math.round(height * scale), Math.round(width * scale)];
  const across = filter(width, scale, columns);
  const down = filter(height, scale, rows);
  const [top, left] = [Math.floor((rows - size) / 2), Math.floor((columns - size) / 2)];
  const out = new Float64Array(size * size * 3);
  for (let y = 0; y < size; y += 1) {
    const vertical = down[y + top]!;
    for (let x = 0; x < size; x += 1) {
      const horizontal = across[x + left]!;
      for (let c = 0; c < 3; c += 1) {
        let sum = 0;
        vertical.weights.forEach((wy, i) => {
          const row = (vertical.first + i) * width;
          horizontal.weights.forEach((wx, j) => {
            sum += wy * wx * pixels[(row + horizontal.first + j) * 3 + c]!;
          });
        });
        out[(y * size + x) * 3 + c] = sum;
      }
    }
  }
  return out;
}
