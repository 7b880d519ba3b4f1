/** @file A little SVG: pictures that read by day and by night, on a ground of their own. */

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: var(--ink) }
  .title { font-weight: 600 }
  .small { font-size: 11px; fill: var(--muted) }
  .number { font-size: 10px; text-anchor: middle }
  .middle { text-anchor: middle }
  .end { text-anchor: end }
  .ground { fill: var(--ground) }
  .frame { fill: none; stroke: var(--line) }
  .items { fill: var(--items) }
  .visited { fill: var(--visited) }
  .hit { fill: var(--ink); stroke: var(--ground) }
  .limit { fill: none; stroke: var(--ink); stroke-width: 1.5 }
  .dots { fill: none; stroke: var(--items); stroke-linecap: round; stroke-width: 2 }
  .dots.seen { stroke: var(--visited) }
  .dots.key { stroke-width: 7 }
  .dots.found { stroke: var(--ink); stroke-width: 4 }
  svg { --ground: #fff; --ink: #1f2328; --muted: #59636e; --line: #c4ccd4; --items: #2f81d6; --visited: #d9580d }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #0d1117; --ink: #f0f6fc; --muted: #9da7b1; --line: #4a525b; --items: #4493f8; --visited: #f0883e }
  }`;

/** A whole picture; `description` says for those who can't see it what it shows. */
export function picture(width, height, description, content) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${description}</title>
<style>${STYLE}
</style>
<rect class="ground" width="${width}" height="${height}" rx="6"/>
${content.join('\n')}
</svg>
`;
}

export const text = (x, y, words, kind = '') =>
  `<text x="${round(x)}" y="${round(y)}"${kind && ` class="${kind}"`}>${words}</text>`;
export const rect = (x, y, width, height, kind, more = '') =>
  `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" class="${kind}"${more}/>`;
export const line = (points, kind) =>
  `<path class="${kind}" d="${points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('')}"/>`;
export const dots = (points, kind) =>
  `<path class="dots ${kind}" d="${points.map(([x, y]) => `M${round(x)} ${round(y)}h0`).join('')}"/>`;

/** Squares of a grid, neighbours of a row in one piece: `has(column, row)`. */
export function squares(x, y, size, columns, rows, kind, has, more = '') {
  let path = '';
  for (let row = 0; row < rows; row++) {
    for (let from = 0; from < columns; from++) {
      if (!has(from, row)) continue;
      let to = from;
      while (to < columns && has(to, row)) to++;
      path += `M${round(x + from * size)} ${round(y + row * size)}h${round((to - from) * size)}v${round(size)}h${round((from - to) * size)}z`;
      from = to;
    }
  }
  return `<path class="${kind}"${more} d="${path}"/>`;
}

export const round = (value) => Math.round(value * 10) / 10;
export const count = (n) => n.toLocaleString('en');
