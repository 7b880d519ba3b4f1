/**
 * @file What fine-tuning learns from: fresh views of the training pictures, and first, for the head alone, pooled features of
 * the backbone as it comes.
 */
import { preprocessModel } from '@dqn/onnx';
import { buildHead, type HeadPhase, type HeadSpec, joinTrunk, type Recipe } from '@dqn/train';
import { fineCut } from '../backbone/fine-cut.ts';
import type { Console } from '../console.ts';
import {
  type BackboneFlags,
  backboneFacts,
  type Inputs,
  openBackbone,
  type Reading,
  showTrunk,
  skippedOf,
} from './inputs.ts';

/** A recipe that fine-tunes. */
export type FineTuning = Recipe & { readonly network: HeadSpec; readonly head: HeadPhase };

/** The pictures, the frozen trunk that will see fresh views of them, and what learns behind it. */
export async function freshInputs(
  console: Console,
  flags: BackboneFlags,
  o: Reading & { readonly recipe: FineTuning },
): Promise<Inputs> {
  const { recipe, dataset } = o;
  const { size } = recipe;
  const opened = await openBackbone(console, flags, { ...o, defaultCut: (graph) => fineCut(graph, size) });
  const { whole, trunk, tail, cut } = opened;
  console.note(trunk ? `Fine-tuning what lies behind ${cut} of ${opened.name}` : `Fine-tuning all of ${opened.name}`);
  const { features, rows, leftOut } = await showTrunk(console, 'First features', {
    ...{ ...o, trunk: whole, at: opened.features, views: recipe.head.views },
  });
  const head = buildHead(recipe.network, features, o.seed);
  return {
    graph: tail ? joinTrunk(tail, head) : head,
    preprocess: preprocessModel({ size }),
    head: { graph: head, features },
    fresh: {
      images: rows.length,
      read: (image) => dataset.read(rows[image]),
      // Pictures, preprocessing and network; which part of it stays as it is stands in the run by itself.
      sha256: features.sha256,
      ...(trunk && { trunk }),
    },
    ...{ backbone: backboneFacts(opened), rows, skipped: skippedOf(dataset, leftOut) },
  };
}
