/** @file Line charts as SVG text: axes, grid, a legend that names each line at its end. */

/** One line: points in ascending x. */
export interface Series {
  name: string;
  points: readonly { x: number; y: number }[];
}

/** What a chart shows. */
export interface Chart {
  title: string;
  x: { label: string; scale?: 'linear' | 'log'; format?: (value: number) => string };
  y: { label: string; min?: number; max?: number; format?: (value: number) => string };
  series: readonly Series[];
}

const WIDTH = 520;
const HEIGHT = 300;
const LEFT = 52;
const RIGHT = 16;
const TOP = 34;
const BOTTOM = 62;

/** An `<svg>` element; colours come from the page's classes `line0` … `line3`. */
export function lineChart(chart: Chart): string {
  const points = chart.series.flatMap((series) => series.points).filter(isFinitePoint);
  if (points.length === 0) return '';
  const isLog = chart.x.scale === 'log';
  const along = (x: number): number => (isLog ? Math.log10(x) : x);
  const xs = range(points.map(({ x }) => along(x)));
  const ys = range([...points.map(({ y }) => y), ...[chart.y.min, chart.y.max].filter((y) => y !== undefined)]);
  const toX = (x: number): number => LEFT + ((along(x) - xs.min) / xs.size) * (WIDTH - LEFT - RIGHT);
  const toY = (y: number): number => HEIGHT - BOTTOM - ((y - ys.min) / ys.size) * (HEIGHT - TOP - BOTTOM);
  const formatX = chart.x.format ?? shortNumber;
  const formatY = chart.y.format ?? shortNumber;

  const yTicks = niceTicks(ys.min, ys.max).map((y) => {
    const at = toY(y).toFixed(1);
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/><text class="tick" x="${LEFT - 7}" y="${at}" dy="0.32em" text-anchor="end">${escapeText(formatY(y))}</text>`;
  });
  const ticksOfX = isLog
    ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].filter((x) => along(x) >= xs.min && along(x) <= xs.max)
    : niceTicks(xs.min, xs.max);
  const xTicks = ticksOfX.map(
    (x) =>
      `<text class="tick" x="${toX(x).toFixed(1)}" y="${HEIGHT - BOTTOM + 17}" text-anchor="middle">${escapeText(formatX(x))}</text>`,
  );
  const lines = chart.series.map((series, i) => {
    const path = series.points
      .filter(isFinitePoint)
      .map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${toX(x).toFixed(1)} ${toY(y).toFixed(1)}`)
      .join('');
    return `<path class="line line${i % 4}" d="${path}"/>`;
  });
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeText(chart.title)}">`,
    `<text class="title" x="${LEFT}" y="18">${escapeText(chart.title)}<tspan class="label" dx="10">${escapeText(chart.y.label)}</tspan></text>`,
    ...yTicks,
    ...xTicks,
    `<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM}"/>`,
    ...lines,
    `<text class="label" x="${WIDTH - RIGHT}" y="${HEIGHT - BOTTOM + 34}" text-anchor="end">${escapeText(chart.x.label)}</text>`,
    legend(chart),
    '</svg>',
  ].join('\n');
}

/** The lines' names in a row below the chart. */
function legend(chart: Chart): string {
  const y = HEIGHT - 12;
  let x = LEFT;
  const parts: string[] = [];
  if (chart.series.length > 1) {
    for (const [i, { name }] of chart.series.entries()) {
      parts.push(
        `<line class="line line${i % 4}" x1="${x}" x2="${x + 16}" y1="${y - 4}" y2="${y - 4}"/>`,
        `<text class="key" x="${x + 21}" y="${y}">${escapeText(name)}</text>`,
      );
      x += 21 + name.length * 6.6 + 20;
    }
  }
  return parts.join('');
}

/** Three to seven round numbers that cover a range. */
export function niceTicks(min: number, max: number): number[] {
  const rough = (max - min) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? power * 10;
  const ticks: number[] = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i++)
    ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

function range(values: number[]): { min: number; max: number; size: number } {
  const min = values.reduce((a, b) => Math.min(a, b));
  const max = values.reduce((a, b) => Math.max(a, b));
  // A flat line gets room: above it where it lies at zero.
  if (max - min < 1e-12) return { min: min === 0 ? 0 : min - 0.5, max: min === 0 ? 1 : max + 0.5, size: 1 };
  return { min, max, size: max - min };
}

function isFinitePoint({ x, y }: { x: number; y: number }): boolean {
  return Number.isFinite(x) && Number.isFinite(y);
}

function shortNumber(value: number): string {
  return Math.abs(value) >= 1000 ? value.toLocaleString('en') : String(Number(value.toPrecision(4)));
}

/** Text for HTML and SVG, in elements and attributes. */
export function escapeText(text: string): string {
  const codes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => codes[character]);
}
