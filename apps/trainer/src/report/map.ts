/** @file The map of the embedding: the same places once as coloured points, once as pictures. */
import type { EmbeddingMap } from '../evaluate/map.ts';
import { type Draw, keys } from './charts.ts';
import { shortened, whole } from './html.ts';

/** Classes that have a colour of their own. */
const COLOURS = 10;
const SIZE = { width: 480, height: 480 };
const EDGE = 24;
/** Characters of a class's name on the map, and how wide one is, in the map's units. */
const NAME = 20;
const CHARACTER = 17;

/** Both drawings. */
export function embeddingMap(draw: Draw, map: EmbeddingMap): string {
  const common = mostCommon(map);
  const colourOf = new Map(common.map((label, i) => [label, `var(--k${i})`]));
  const groups = [...common, ...(map.labels.some((label) => !colourOf.has(label)) ? [-1] : [])];
  const members = (group: number): number[] =>
    map.labels.flatMap((label, i) => ((colourOf.has(label) ? label : -1) === group ? [i] : []));
  const axes = {
    grid: { left: 16, right: 16, top: 16, bottom: 16 },
    xAxis: { type: 'value', min: -10, max: 1010, show: false },
    yAxis: { type: 'value', min: -10, max: 1010, show: false },
  };
  const colour = (group: number): string => colourOf.get(group) ?? 'var(--soft)';
  const name = (label: number): string => shortened(map.classes[label], NAME);
  const points = draw('Map of the embedding: classes', SIZE, {
    ...axes,
    series: [
      ...groups.map((group) => ({
        type: 'scatter',
        large: true,
        largeThreshold: 0,
        symbolSize: 5,
        silent: true,
        itemStyle: { color: colour(group), opacity: 0.75 },
        data: members(group).map((i) => [map.x[i], map.y[i]]),
      })),
      {
        type: 'scatter',
        symbolSize: 0.01,
        silent: true,
        z: 5,
        data: common.map((label) => ({
          value: inside(middle(map, members(label)), name(label)),
          label: {
            ...{ show: true, position: 'inside', formatter: () => name(label) },
            ...{ fontFamily: 'inherit', fontSize: 13, fontWeight: 600, color: 'var(--ink)' },
            ...{ textBorderColor: 'var(--card)', textBorderWidth: 4 },
          },
        })),
        labelLayout: { moveOverlap: 'shiftY' },
      },
    ],
  });
  const pictures = draw('Map of the embedding: pictures', SIZE, {
    ...axes,
    series: [
      {
        type: 'scatter',
        symbolSize: EDGE,
        silent: true,
        itemStyle: { opacity: 1 },
        data: map.pictures.map(({ at, src }) => ({ value: [map.x[at], map.y[at]], symbol: `image://${src}` })),
      },
    ],
  });
  const names = groups.map((group) => ({ name: group < 0 ? 'others' : map.classes[group], colour: colour(group) }));
  return `<div class="charts"><figure><figcaption><b>By class</b> ${whole(map.x.length)} pictures</figcaption>${points}${keys(names)}</figure>
<figure><figcaption><b>As pictures</b> ${whole(map.pictures.length)} of them, where there is room</figcaption>${pictures}</figure></div>`;
}

/** A place moved so far that a name around it isn't cut off at the edge. */
function inside([x, y]: [number, number], name: string): [number, number] {
  const half = ([...name].length * CHARACTER) / 2;
  return [Math.min(Math.max(x, half), 1000 - half), y];
}

/** The labels that most points have, in the order of the classes. */
function mostCommon(map: EmbeddingMap): number[] {
  const counts = new Map<number, number>();
  for (const label of map.labels) if (label >= 0) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, COLOURS)
    .map(([label]) => label)
    .sort((a, b) => a - b);
}

/** The point of a group that lies nearest to the medians: a group of several islands has its name on one of them. */
function middle(map: EmbeddingMap, members: readonly number[]): [number, number] {
  const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];
  const x = median(members.map((i) => map.x[i]));
  const y = median(members.map((i) => map.y[i]));
  const distance = (i: number): number => (map.x[i] - x) ** 2 + (map.y[i] - y) ** 2;
  const nearest = members.reduce((best, i) => (distance(i) < distance(best) ? i : best));
  return [map.x[nearest], map.y[nearest]];
}
