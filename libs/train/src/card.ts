/**
 * @file card.md of a model: what it is and how it was learnt, for people.
 */

import type { RunRecord } from './run.ts';

/** Markdown that says what the model is, what it was learnt from and how, and what it is good for. */
export function modelCard(record: RunRecord, o: { readonly storage: string; readonly bytes: number }): string {
  const { identity, facts, device, result } = record;
  const { recipe, M, K, D, bits } = identity;
  const classes = facts.classes.length;
  const named = facts.classes.slice(0, 12).join(', ') + (classes > 12 ? ', …' : '');
  const left = facts.unreadable ? `\n| images left out as unreadable | ${facts.unreadable} |` : '';
  return `# A model for image retrieval: ${facts.data}, ${bits} bits

Learnt by a Deep Quantization Network (Cao, Long, Wang, Zhu, Wen, AAAI 2016): an image becomes a vector of ${D} numbers${
    recipe.unitLength ? ' of unit length' : ' (tanh outputs, of any length)'
  }, and a database image a code of ${bits} bits, stored in ${M} byte${M === 1 ? '' : 's'}: ${M} codebook${M === 1 ? '' : 's'} of ${K} codewords.

| | |
|---|---|
| data | ${facts.data} |
| protocol | ${facts.protocol} |
| classes | ${classes}${classes > 0 ? `: ${named}` : ''} |
| training images | ${identity.trainImages} |${left}
| input | RGB, ${recipe.size} × ${recipe.size} pixels, made by preprocess.onnx |
| recipe | ${recipe.name}, ${recipe.epochs} epochs, batches of ${recipe.batch} |
| seed | ${identity.seed} |
| engine | ${identity.engine}, ${device} |
| weights | ${o.storage}; ${(o.bytes / 1e6).toFixed(2)} MB with the codebook |
${
  result
    ? `| loss at the end | ${result.loss.toFixed(4)} (pairwise ${result.L.toFixed(4)}, quantization ${result.Q.toFixed(4)}) |
| mean squared error of the codes | ${result.distortion.toFixed(4)} on the training images |
| time of training | ${(result.seconds / 60).toFixed(1)} minutes |
`
    : ''
}
## What it can and can't do

It was learnt to bring images together that share a label of its training data; of other things it knows little. Codes are
compared by the asymmetric quantizer distance. A gallery belongs to this codebook, and the codebook to this network: each
file states the sha256 of the one that it was made for, and others are refused.

How good it is: \`npx dqn evaluate\` writes report.html beside this file.
`;
}
