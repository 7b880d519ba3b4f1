/** @file The bound of each cell against the distance of the farthest hit so far, step by step. */
import { count, dots, line, picture, rect, text } from './svg.mjs';

const [WIDTH, HEIGHT] = [400, 260];
const [LEFT, TOP] = [50, 62];

/** Two walks side by side: { walk, title }. */
export function drawBounds(panels) {
  const content = panels.flatMap((panel, i) => drawPanel(panel, LEFT + i * (WIDTH + 60)));
  const y = TOP + HEIGHT + 46;
  content.push(
    ...legend(
      LEFT,
      y,
      (x) => dots([[x, y - 4]], 'seen key'),
      'the bound of a cell that was looked into: the least it can cost',
    ),
    ...legend(
      LEFT,
      y + 20,
      (x) => dots([[x, y + 16]], 'key'),
      'the same of the cheapest cells that were not looked into',
    ),
    ...legend(
      LEFT + WIDTH + 60,
      y,
      (x) =>
        line(
          [
            [x - 5, y - 4],
            [x + 5, y - 4],
          ],
          'limit',
        ),
      'the limit: the distance of the k-th nearest item so far',
    ),
    text(LEFT + WIDTH + 80, y + 20, 'in the sweep: dots in the order of storage, so that their'),
    text(LEFT + WIDTH + 80, y + 38, 'bounds rise and fall, each at most the limit at its time'),
  );
  return picture(
    LEFT + 2 * WIDTH + 80,
    y + 58,
    'The bounds of cells rise until they meet the distance of the k-th nearest item',
    content,
  );
}

const legend = (x, y, mark, words) => [mark(x + 6), text(x + 20, y, words)];

function drawPanel({ walk, title }, x0) {
  const { steps, n0, n1, order0, order1, sorted0, sorted1, offsets, rest, limit, visited, N } = walk;
  const seen = new Set(steps.map(({ c0, c1 }) => c0 * n1 + c1));
  const unseen = [];
  for (let i = 0; i < n0; i++) {
    for (let j = 0; j < n1; j++) {
      const cell = order0[i] * n1 + order1[j];
      if (!seen.has(cell) && offsets[cell + 1] > offsets[cell]) unseen.push(sorted0[i] + sorted1[j] + rest);
    }
  }
  unseen.sort((a, b) => a - b);
  const others = unseen.slice(0, Math.ceil(steps.length / 4));
  const bounds = steps.map(({ bound }) => bound);
  const low = Math.min(...bounds) * 0.96;
  const firstLimit = steps.find(({ after }) => after < Infinity).after;
  const high = Math.max(firstLimit, others.at(-1) ?? 0) * 1.03;
  const X = (step) => x0 + (WIDTH * (step + 0.5)) / (steps.length + others.length);
  const Y = (distance) => TOP + HEIGHT * (1 - (Math.min(distance, high) - low) / (high - low));
  const limits = steps.flatMap(({ before, after }, i) =>
    before < Infinity
      ? [
          [X(i), Y(before)],
          [X(i), Y(after)],
        ]
      : after < Infinity
        ? [[X(i), Y(after)]]
        : [],
  );
  limits.push([x0 + WIDTH, Y(limit)]);
  const swept = steps.findIndex(({ phase }) => phase === 'sweep');
  const content = [
    text(x0, 26, title, 'title'),
    text(
      x0,
      44,
      `${count(visited.cells)} of ${count(n0 * n1)} cells, ${count(visited.items)} of ${count(N)} items`,
      'small',
    ),
    rect(x0, TOP, WIDTH, HEIGHT, 'frame'),
    dots(
      others.map((bound, i) => [X(steps.length + i), Y(bound)]),
      '',
    ),
    dots(
      bounds.map((bound, i) => [X(i), Y(bound)]),
      'seen',
    ),
    line(limits, 'limit'),
    text(x0, TOP + HEIGHT + 18, 'cells, in the order in which they were looked into →', 'small'),
    `<text class="small middle" transform="translate(${x0 - 12} ${TOP + HEIGHT / 2}) rotate(-90)">distance →</text>`,
  ];
  if (swept > 0) {
    content.push(
      line(
        [
          [X(swept - 0.5), TOP],
          [X(swept - 0.5), TOP + HEIGHT],
        ],
        'frame',
      ),
    );
    content.push(text(X(swept - 0.5) + 6, TOP + 16, 'sweep: in the order of storage', 'small'));
  }
  return content;
}
