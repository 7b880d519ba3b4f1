/** @file A network as a backbone: what it takes, and where it can be cut. */
import { backboneGraph, findCuts, findFeatures, type Graph, inputFacts, OnnxError } from '@dqn/onnx';
import type { CatalogueFile } from '../backbone/catalogue.ts';
import { pixelsOf } from '../backbone/open.ts';
import { TrainerError } from '../errors.ts';

/** Edge of the pictures, in pixels, at which costs are told where the network takes any size. */
const USUAL_SIZE = 224;

/**
 * What a network is as a backbone: its input, the tensor that holds its features, and every tensor where it can be cut
 * for `--cut`, with costs for one picture. `{ reason }` where it can't serve as one.
 *
 * @param o.size - edge of the pictures in pixels; default: the network's own, else 224
 */
export function describeBackbone(graph: Graph, o: { path: string; known?: CatalogueFile | undefined; size?: number }) {
  try {
    const facts = inputFacts(graph);
    const features = findFeatures(graph);
    const size = o.size ?? facts.size?.[0] ?? o.known?.size ?? USUAL_SIZE;
    const pixels = knownPixels(graph, o);
    const neutral = { mean: [0, 0, 0], scale: [1, 1, 1] };
    const prepared = backboneGraph(graph, { ...neutral, features, size });
    const [pixelTensor, end] = [
      prepared.nodes.find(({ name }) => name === 'pixels')?.outputs[0],
      prepared.outputs[0].name,
    ];
    const all = findCuts(prepared);
    const first = all.findIndex(({ tensor }) => tensor === pixelTensor);
    return {
      catalogued: o.known?.file ?? null,
      layout: facts.layout,
      size,
      pixels: pixels ?? null,
      features,
      defaultCut: end,
      // Between the bytes and the scaled pixels there is nothing to freeze.
      cuts: all.slice(Math.max(0, first)).map(({ index: _, ...cut }, index) => ({ index, ...cut })),
    };
  } catch (error) {
    if (!(error instanceof OnnxError)) throw error;
    return { reason: `it can't serve as a backbone: ${error.message}` };
  }
}

function knownPixels(graph: Graph, o: { path: string; known?: CatalogueFile | undefined }) {
  try {
    return pixelsOf({ path: o.path, known: o.known }, graph);
  } catch (error) {
    if (error instanceof TrainerError) return undefined;
    throw error;
  }
}

/** One of {@link describeBackbone}'s cuts. */
export type ListedCut = Extract<ReturnType<typeof describeBackbone>, { cuts: unknown }>['cuts'][number];

const short = (value: number | null): string => {
  if (value === null) return '?';
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} G`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(1)} k` : String(value);
};

/** The cuts as a table for people; the default one is marked. */
export function cutTable(cuts: readonly ListedCut[], defaultCut: string): string[] {
  const rows = cuts.map(({ tensor, dims, op, parametersBefore, parametersBehind, flopsBefore, flopsBehind }) => [
    tensor === defaultCut ? `${tensor} (default)` : tensor,
    op,
    dims.join(' × '),
    short(parametersBefore),
    short(parametersBehind),
    short(flopsBefore),
    short(flopsBehind),
  ]);
  const head = ['cut', 'made by', 'shape', 'weights before', 'behind', 'FLOP before', 'behind'];
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i].length)));
  return [head, ...rows].map((row) =>
    row
      .map((text, i) => (i < 3 ? text.padEnd(widths[i]) : text.padStart(widths[i])))
      .join('  ')
      .trimEnd(),
  );
}
