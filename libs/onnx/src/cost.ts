/** @file What a node costs: floating-point operations. */
import { intAttribute, intsAttribute } from './attributes.ts';
import type { Node } from './graph.ts';
import { sizeOf } from './tensor.ts';

/** Operations that only move, name or look at elements. */
const FREE = new Set(
  'Cast Concat Constant ConstantOfShape Dropout Expand Flatten Gather Identity Pad Reshape Shape Size Slice Split Squeeze Tile Transpose Unsqueeze'.split(
    ' ',
  ),
);

/**
 * The floating-point operations of a node for inputs of the given shapes: two a multiplication that is added, one a
 * window's element in a pool, one an element of everything else that computes; nothing for what only moves elements.
 */
export function flopsOf(node: Node, shapes: ReadonlyMap<string, readonly number[]>): number {
  const shape = (name: string | undefined) => shapes.get(name ?? '') ?? [];
  const out = sizeOf(shape(node.outputs[0]));
  const weight = shape(node.inputs[1]);
  if (FREE.has(node.op)) return 0;
  switch (node.op) {
    case 'Conv':
      return out * (2 * sizeOf(weight.slice(1)) + (node.inputs[2] ? 1 : 0));
    case 'ConvTranspose':
      return 2 * sizeOf(shape(node.inputs[0])) * sizeOf(weight.slice(1)) + (node.inputs[2] ? out : 0);
    case 'Gemm': {
      const a = shape(node.inputs[0]);
      return out * (2 * a[intAttribute(node, 'transA', 0) ? 0 : 1]! + (node.inputs[2] ? 1 : 0));
    }
    case 'MatMul':
      return 2 * out * shape(node.inputs[0]).at(-1)!;
    case 'AveragePool':
    case 'MaxPool':
      return out * sizeOf(intsAttribute(node, 'kernel_shape') ?? []);
    case 'BatchNormalization':
      return 2 * out;
    default:
      // What makes one number of many reads each of them.
      return Math.max(out, /^(Reduce|Global|Arg)/.test(node.op) ? sizeOf(shape(node.inputs[0])) : 0);
  }
}
