/** @file Vectors drawn from mixtures of Gaussians, fast: ten million of 64 dimensions in seconds, the same on every machine. */

const QUANTILES = 65_536;

/**
 * The normal distribution's quantiles at (i + ½) / 65,536, up to 4.3 standard deviations: a 16-bit random number
 * becomes a draw by one look. The distribution function is added up by the trapezoid rule and inverted linearly.
 */
const normals = (() => {
  const table = new Float32Array(QUANTILES);
  const step = 1 / 16_384;
  const density = (x) => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  let x = 0;
  let below = 0.5;
  for (let i = QUANTILES / 2; i < QUANTILES; i++) {
    const wanted = (i + 0.5) / QUANTILES;
    let slice = (step * (density(x) + density(x + step))) / 2;
    while (below + slice < wanted) {
      below += slice;
      x += step;
      slice = (step * (density(x) + density(x + step))) / 2;
    }
    table[i] = x + (step * (wanted - below)) / slice;
    table[QUANTILES - 1 - i] = -table[i];
  }
  return table;
})();

/** 32 random bits a call (sfc32), from a stream of `createRandom`. */
export function bits(random) {
  let a = random.integer(2 ** 32) | 0;
  let b = random.integer(2 ** 32) | 0;
  let c = random.integer(2 ** 32) | 0;
  let counter = 1;
  return () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
}

/** Fills `out` with draws from N(0, 1). */
export function fillNormal(out, next) {
  let i = 0;
  for (; i + 1 < out.length; i += 2) {
    const word = next();
    out[i] = normals[word & 0xffff];
    out[i + 1] = normals[word >>> 16];
  }
  if (i < out.length) out[i] = normals[next() & 0xffff];
  return out;
}

/** A mixture whose components share one diagonal spread: centre + spread ∘ noise. */
function diagonal(centres, spread, components, D) {
  return (count, random) => {
    const next = bits(random);
    const x = fillNormal(new Float32Array(count * D), next);
    for (let n = 0; n < count; n++) {
      const centre = (next() % components) * D;
      for (let j = 0; j < D; j++) x[n * D + j] = centres[centre + j] + spread[j] * x[n * D + j];
    }
    return x;
  };
}

/**
 * The mixtures by name: `(D, random) => draw`, and `draw(count, random)` gives Float32Array [count, D].
 *
 * - `clustered`: 500 clusters, centres N(0, 1), noise of .25: the easy case.
 * - `hard`: 200 clusters that overlap, a decaying spectrum s_j = (1 + j)^−¼: centres .8 s ∘ N(0, 1), noise s ∘ N(0, 1).
 * - `uniform`: N(0, 1); only its queries are drawn so, its codes and codewords are random themselves.
 */
export const MIXTURES = {
  clustered: (D, random) =>
    diagonal(fillNormal(new Float32Array(500 * D), bits(random)), new Float32Array(D).fill(0.25), 500, D),
  hard: (D, random) => {
    const spread = Float32Array.from({ length: D }, (_, j) => (1 + j) ** -0.25);
    const centres = fillNormal(new Float32Array(200 * D), bits(random));
    for (let i = 0; i < centres.length; i++) centres[i] *= 0.8 * spread[i % D];
    return diagonal(centres, spread, 200, D);
  },
  uniform: (D) => diagonal(new Float32Array(D), new Float32Array(D).fill(1), 1, D),
};

/** The mean and the lower Cholesky factor of the covariance (a little of the identity added) of some rows of x. */
function gaussian(x, D, rows) {
  const mean = new Float64Array(D);
  for (const row of rows) for (let j = 0; j < D; j++) mean[j] += x[row * D + j] / rows.length;
  const L = new Float64Array(D * D);
  for (const row of rows)
    for (let i = 0; i < D; i++) {
      const a = (x[row * D + i] - mean[i]) / rows.length;
      for (let j = 0; j <= i; j++) L[i * D + j] += a * (x[row * D + j] - mean[j]);
    }
  let trace = 0;
  for (let i = 0; i < D; i++) trace += L[i * D + i];
  for (let i = 0; i < D; i++) {
    L[i * D + i] += (1e-4 * trace) / D + 1e-12;
    for (let j = 0; j <= i; j++) {
      let sum = L[i * D + j];
      for (let t = 0; t < j; t++) sum -= L[i * D + t] * L[j * D + t];
      L[i * D + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / L[j * D + j];
    }
  }
  return { mean, L, weight: rows.length };
}

/**
 * A mixture of Gaussians with full covariances, one for the rows of each cluster, weighted by their number.
 *
 * @param x [N, D] row-major
 * @param clusters [N] the cluster of each row
 * @param unit whether draws are scaled to unit length, as x is
 */
export function fitMixture(x, D, clusters, unit) {
  const members = [];
  clusters.forEach((cluster, row) => {
    members[cluster] ??= [];
    members[cluster].push(row);
  });
  const components = members.filter(Boolean).map((rows) => gaussian(x, D, rows));
  const owner = components.flatMap(({ weight }, i) => new Array(weight).fill(i));
  return (count, random) => {
    const next = bits(random);
    const noise = fillNormal(new Float32Array(count * D), next);
    const out = new Float32Array(count * D);
    for (let n = 0; n < count; n++) {
      const { mean, L } = components[owner[next() % owner.length]];
      const at = n * D;
      let squares = 0;
      for (let i = 0; i < D; i++) {
        const row = i * D;
        // Two sums, so that one addition doesn't wait for the other.
        let sum = mean[i] + L[row] * noise[at];
        let other = 0;
        let j = 1;
        for (; j < i; j += 2) {
          sum += L[row + j] * noise[at + j];
          other += L[row + j + 1] * noise[at + j + 1];
        }
        if (j === i) other += L[row + j] * noise[at + j];
        sum += other;
        out[at + i] = sum;
        squares += sum * sum;
      }
      const scale = unit ? 1 / Math.sqrt(squares) : 1;
      for (let i = 0; i < D; i++) out[at + i] *= scale;
    }
    return out;
  };
}
