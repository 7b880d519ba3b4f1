/** @file Everything @dqn/onnx offers. */
export {
  float,
  floatAttribute,
  int,
  intAttribute,
  ints,
  intsAttribute,
  string,
  stringAttribute,
} from './attributes.ts';
export { checkGraph } from './check.ts';
export { cut, join, tensorNames } from './cut.ts';
export { type OnnxCode, OnnxError } from './errors.ts';
export type { Attribute, DataType, Graph, Node, Tensor, TensorData, Value } from './graph.ts';
export { prune } from './prune.ts';
export { readModel } from './read.ts';
export { float32, fromNumbers, int64, sizeOf, tensor, toFloats, toInts, toNumbers } from './tensor.ts';
export { writeModel } from './write.ts';
