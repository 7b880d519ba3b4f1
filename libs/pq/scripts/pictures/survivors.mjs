/** @file Of all items looked at: the lower bound against the exact distance, and how few pass. */
import { quantized } from './lanes.mjs';
import { count, dots, line, picture, rect, text } from './svg.mjs';

const SIDE = 340;
const [LEFT, TOP] = [60, 62];
/** Dots that a picture can hold. */
const MOST = 2000;

export function drawSurvivors(walk) {
  const { M, K, planes, axis0, codes, offsets, table, limit, steps, n1, ids, visited } = walk;
  const { least, scale, bytes } = quantized(walk);
  const base = least.reduce((a, b) => a + b);
  const points = [];
  for (const { c0, c1 } of steps) {
    const cell = c0 * n1 + c1;
    for (let item = offsets[cell]; item < offsets[cell + 1]; item++) {
      let exact = 0;
      for (let m = 0; m < M; m++) exact += table[m * K + codes[item * M + m]];
      const sum = planes.reduce((total, m) => total + bytes[m](codes[item * M + m]), 0);
      const cost0 = table[axis0 * K + codes[item * M + axis0]] - least[axis0];
      points.push([exact, base + cost0 + sum / scale, walk.ids0[item]]);
    }
  }
  const below = points.filter(([exact, bound]) => bound > exact + 1e-9);
  if (below.length > 0)
    throw new Error(`${below.length} bounds lie above the distance: scripts/pictures/lanes.mjs errs.`);
  const passed = points.filter(([, bound]) => bound <= limit);
  const kept = points.filter(([, bound]) => bound > limit);
  const low = Math.min(...points.map(([, bound]) => bound)) * 0.98;
  const high = limit * 2.2;
  const at = ([exact, bound]) => [
    LEFT + (SIDE * (Math.min(exact, high) - low)) / (high - low),
    TOP + SIDE * (1 - (bound - low) / (high - low)),
  ];
  const inside = ([exact, bound]) => exact <= high && bound <= high;
  const shown = kept.filter(inside);
  const every = Math.ceil(shown.length / MOST);
  const hits = new Set(ids);
  const [[x, y], [right]] = [at([limit, limit]), at([high, high])];
  const content = [
    text(20, 28, 'The lower bound and the distance', 'title'),
    text(
      20,
      46,
      `one dot an item${every > 1 ? `; of those above the line, one in ${every}` : ''}; far ones lie outside`,
      'small',
    ),
    rect(LEFT, TOP, SIDE, SIDE, 'frame'),
    line([at([low, low]), at([high, high])], 'frame'),
    dots(shown.filter((_, i) => i % every === 0).map(at), ''),
    dots(passed.filter(inside).map(at), 'seen'),
    dots(passed.filter(([, , id]) => hits.has(id)).map(at), 'found'),
    line(
      [
        [LEFT, y],
        [right, y],
      ],
      'limit',
    ),
    line(
      [
        [x, TOP],
        [x, TOP + SIDE],
      ],
      'limit',
    ),
    text(LEFT, TOP + SIDE + 18, 'exact distance →', 'small'),
    `<text class="small middle" transform="translate(${LEFT - 12} ${TOP + SIDE / 2}) rotate(-90)">lower bound →</text>`,
  ];
  const X = LEFT + SIDE + 30;
  const notes = [
    ['', `${count(points.length)} items in the cells looked into`, 'bounded, sixteen at a time'],
    [
      'seen',
      `${count(passed.length)} whose bound is at most the limit`,
      `at the end; the query scored ${count(visited.exact)}`,
    ],
    ['found', `the ${ids.length} nearest`, 'both lines: the limit, the distance of the last'],
  ];
  for (const [i, [kind, words, more]] of notes.entries()) {
    content.push(
      dots([[X, TOP + 26 + i * 48]], `${kind} key`),
      text(X + 14, TOP + 30 + i * 48, words),
      text(X + 14, TOP + 46 + i * 48, more, 'small'),
    );
  }
  content.push(
    text(X, TOP + 200, 'No dot lies above the diagonal: a bound', 'small'),
    text(X, TOP + 216, 'is never more than the distance. So all that', 'small'),
    text(X, TOP + 232, 'is above the line is too far even to tie, unseen.', 'small'),
  );
  return picture(X + 280, TOP + SIDE + 34, 'Lower bounds against exact distances', content);
}
