/**
 * @file A decoded picture made smaller before it is kept: nobody will look at more of it than the network's input shows.
 */

import type { Picture } from '@dqn/data';

/** Which source pixels an output pixel covers along one axis, and by how much each. */
interface Cover {
  readonly first: number;
  readonly shares: readonly number[];
}

/**
 * A picture whose short side is at most `most` pixels: itself, or each pixel the mean of what it covers. The same bytes on
 * every machine.
 */
export function shrink(picture: Picture, most: number): Picture {
  const { width, height, data } = picture;
  const short = Math.min(width, height);
  if (short <= most) return picture;
  const w = Math.max(1, Math.round((width * most) / short));
  const h = Math.max(1, Math.round((height * most) / short));
  const columns = covers(width, w);
  const rows = covers(height, h);
  const out = new Uint8Array(w * h * 3);
  const line = new Float64Array(width * 3);
  for (let y = 0; y < h; y++) {
    const { first, shares } = rows[y];
    line.fill(0);
    shares.forEach((share, k) => {
      const from = (first + k) * width * 3;
      for (let i = 0; i < line.length; i++) line[i] += share * data[from + i];
    });
    for (let x = 0; x < w; x++) {
      const { first: left, shares: across } = columns[x];
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let k = 0; k < across.length; k++) sum += across[k] * line[(left + k) * 3 + c];
        out[(y * w + x) * 3 + c] = Math.min(255, Math.floor(sum + 0.5));
      }
    }
  }
  return { width: w, height: h, data: out };
}

function covers(from: number, to: number): Cover[] {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    const [start, end] = [i * scale, Math.min(from, (i + 1) * scale)];
    const first = Math.floor(start);
    const shares: number[] = [];
    for (let at = first; at < end; at++) shares.push((Math.min(end, at + 1) - Math.max(start, at)) / (end - start));
    return { first, shares };
  });
}
