/**
 * @file A frozen trunk and what learns behind it as one network.
 */

import { atOpset, type Graph, join, renameTensors, tensorNames } from '@dqn/onnx';

/**
 * The network from pixels to z. The tail's tensors keep their names, so that learnt weights find their place in the
 * whole; a name that both use becomes `trunk.NAME` in the trunk.
 *
 * @throws OnnxError INVALID_GRAPH where the two don't fit
 */
export function joinTrunk(trunk: Graph, tail: Graph): Graph {
  const output = trunk.outputs[0]?.name;
  const input = tail.inputs[0]?.name;
  const theirs = new Set(tensorNames(tail));
  const ours = new Set(tensorNames(trunk));
  const renamed = renameTensors(atOpset(trunk), (name) => {
    if (name === output) return input ?? name;
    let own = name;
    while (theirs.has(own) || (own !== name && ours.has(own))) own = `trunk.${own}`;
    return own;
  });
  return { ...join(renamed, tail), name: tail.name };
}
