/** @file Where fine-tuning begins by itself: a rule that finds the same place in networks of one build. */
import { findCuts, type Graph } from '@dqn/onnx';
import { TrainerError } from '../errors.ts';

/** The edge of the maps at the cut, as a share of the picture's: what lies before sees edges and textures, like any network. */
const SHARE = 1 / 16;

/**
 * The tensor behind which a network learns by fine-tuning: of the maps [N, C, H, W] whose edge is nearest to a sixteenth of
 * the picture's, those with the fewest channels, and of these the last. Fewest, because inside a block channels are many for a
 * moment, and the next stage has more: MobileNetV2 at 160 pixels is cut at its last 10 × 10 × 64.
 *
 * @param graph - folded, for pictures of one size
 * @throws TrainerError WRONG_USAGE where no such maps are
 */
export function fineCut(graph: Graph, size: number): string {
  const maps = findCuts(graph).flatMap(({ tensor, dims, parametersBehind, parametersBefore }) => {
    const [, channels, height, width] = dims;
    if (dims.length !== 4 || typeof channels !== 'number' || typeof height !== 'number') return [];
    // Pixels as they come, and what is pooled, are no maps.
    if (height !== width || height < 2 || parametersBefore === 0 || parametersBehind === 0) return [];
    return [{ tensor, channels, distance: Math.abs(Math.log(height / (SHARE * size))) }];
  });
  const nearest = Math.min(...maps.map(({ distance }) => distance));
  const stage = maps.filter(({ distance }) => distance === nearest);
  const fewest = Math.min(...stage.map(({ channels }) => channels));
  const last = stage.findLast(({ channels }) => channels === fewest);
  if (last) return last.tensor;
  throw new TrainerError(
    'WRONG_USAGE',
    `the network "${graph.name}" has no maps [N, C, H, W] where it can be cut in one place. Say where fine-tuning begins: --cut TENSOR ("dqn inspect F.onnx" lists them), or --cut input for all of it`,
  );
}
