/**
 * @file Charts by Apache ECharts, drawn to SVG text without a browser. Colours are CSS variables of the page, so that one
 * drawing serves light and dark.
 */
import type { EChartsCoreOption } from 'echarts';
import { escapeText } from './html.ts';

/** One line: points in ascending x. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A line chart. */
export interface LineChart {
  readonly title: string;
  readonly x: { readonly name: string; readonly isLog?: boolean; readonly min?: number; readonly max?: number };
  readonly y: { readonly name: string; readonly max?: number };
  readonly series: readonly Series[];
  /** Beside the title; default: the name of y. */
  readonly note?: string;
}

/** Draws what ECharts is told to. */
export type Draw = (title: string, size: { width: number; height: number }, option: EChartsCoreOption) => string;

/** How lines are told apart beside their colours. */
const DASHES = ['solid', [7, 3], [2, 3], 'solid'] as const;

const FONT = { fontFamily: 'inherit', fontSize: 12 };
const QUIET = { ...FONT, color: 'var(--soft)' };
const AXIS = {
  nameTextStyle: QUIET,
  axisLabel: { ...QUIET, hideOverlap: true },
  axisTick: { show: false },
  axisLine: { lineStyle: { color: 'var(--soft)' } },
  splitLine: { lineStyle: { color: 'var(--rule)' } },
};

/** Loads ECharts, once a page: nothing but a report needs it. */
export async function openCharts(): Promise<Draw> {
  const { init } = await import('echarts/dist/echarts.esm.min');
  let drawn = 0;
  return (title, size, option) => {
    const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
    try {
      chart.setOption({ animation: false, textStyle: FONT, ...option });
      return plainSvg(chart.renderToSVGString({ useViewBox: true }), title, `chart${drawn++}`);
    } finally {
      chart.dispose();
    }
  };
}

/** An `<svg>` that stands in a page: without what is for the mouse, and with ids of its own. */
function plainSvg(svg: string, title: string, id: string): string {
  return svg
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/ (?:class|ecmeta_\w+|pointer-events)="[^"]*"/g, '')
    .replace(/zr\d+-/g, `${id}-`)
    .replace(/<rect [^>]*fill="none"><\/rect>\n/, '')
    .replace(/^<svg width="[^"]*" height="[^"]*"/, `<svg role="img" aria-label="${escapeText(title)}"`);
}

/** A figure with its title and, for more than one line, a legend. Without points: nothing. */
export function lineFigure(draw: Draw, chart: LineChart): string {
  const { title, x, y } = chart;
  const series = chart.series.map(({ name, points }) => ({
    name,
    points: points.filter((point) =>
      point.every((value) => Number.isFinite(value) && (value > 0 || !x.isLog || value !== point[0])),
    ),
  }));
  const all = series.flatMap(({ points }) => points);
  if (all.length === 0) return '';
  const xs = all.map(([value]) => value);
  const svg = draw(
    title,
    { width: 470, height: 270 },
    {
      grid: { left: 46, right: 18, top: 16, bottom: 42 },
      xAxis: {
        ...AXIS,
        type: x.isLog ? 'log' : 'value',
        name: x.name,
        nameLocation: 'middle',
        nameGap: 26,
        min: x.min ?? Math.min(...xs),
        max: x.max ?? Math.max(...xs),
        splitLine: { show: false },
      },
      yAxis: {
        ...AXIS,
        type: 'value',
        min: 0,
        ...(y.max !== undefined && { max: y.max }),
        axisLine: { show: false },
        axisLabel: { ...AXIS.axisLabel, formatter: shortNumber },
      },
      series: series.map(({ points }, i) => ({
        type: 'line',
        data: points,
        symbol: points.length < 3 ? 'circle' : 'none',
        silent: true,
        lineStyle: { width: 2, color: `var(--c${i % 4})`, type: DASHES[i % 4] },
        itemStyle: { color: `var(--c${i % 4})` },
      })),
    },
  );
  const legend = series.length > 1 ? lineKeys(series.map(({ name }) => name)) : '';
  return `<figure><figcaption><b>${escapeText(title)}</b> ${escapeText(chart.note ?? y.name)}</figcaption>${svg}${legend}</figure>`;
}

/** How often codewords are used, the most frequent first, against equal use. */
export function usageChart(draw: Draw, title: string, counts: readonly number[], rows: number, top: number): string {
  const K = counts.length;
  const points = counts.map((count, i) => [i, count / rows]);
  return draw(
    title,
    { width: 230, height: 120 },
    {
      grid: { left: 40, right: 8, top: 8, bottom: 22 },
      xAxis: {
        ...AXIS,
        type: 'value',
        min: 0,
        max: K,
        interval: K / 2,
        splitLine: { show: false },
        axisLabel: { ...AXIS.axisLabel, hideOverlap: false },
      },
      yAxis: {
        ...AXIS,
        type: 'value',
        min: 0,
        max: top,
        interval: top,
        axisLine: { show: false },
        axisLabel: { ...AXIS.axisLabel, formatter: (value: number) => `${Number((100 * value).toPrecision(2))} %` },
      },
      series: [
        {
          type: 'line',
          step: 'end',
          symbol: 'none',
          silent: true,
          data: [...points, [K, points[K - 1][1]]],
          lineStyle: { width: 1.5, color: 'var(--c0)' },
          areaStyle: { color: 'var(--c0)', opacity: 0.25 },
        },
        {
          type: 'line',
          symbol: 'none',
          silent: true,
          data: [
            [0, 1 / K],
            [K, 1 / K],
          ],
          lineStyle: { width: 1, color: 'var(--soft)', type: [4, 3] },
        },
      ],
    },
  );
}

/** The names of lines, below their chart. */
function lineKeys(names: readonly string[]): string {
  const item = (name: string, i: number): string => {
    const dash = DASHES[i % 4];
    const dashes = typeof dash === 'string' ? '' : ` stroke-dasharray="${dash.join(' ')}"`;
    return `<li><svg viewBox="0 0 24 10" aria-hidden="true"><path d="M0 5H24" stroke="var(--c${i % 4})" stroke-width="2"${dashes}/></svg>${escapeText(name)}</li>`;
  };
  return `<ul class="keys">${names.map(item).join('')}</ul>`;
}

/** The names of colours, below a chart. */
export function keys(list: readonly { name: string; colour: string }[]): string {
  return `<ul class="keys">${list
    .map(({ name, colour }) => `<li><i style="background:${colour}"></i>${escapeText(name)}</li>`)
    .join('')}</ul>`;
}

function shortNumber(value: number): string {
  return Math.abs(value) >= 1000 ? value.toLocaleString('en') : String(Number(value.toPrecision(4)));
}
