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
export {
  CONSTANT_PREFIX,
  type ConvOptions,
  GraphBuilder,
  type Initial,
  NETWORK_OPSET,
  type PoolOptions,
} from './builder.ts';
export { checkGraph } from './check.ts';
export { cut, join, renameTensors, tensorNames, upTo } from './cut.ts';
export { type CutPoint, type FindCutsOptions, findCuts } from './cuts.ts';
export {
  blockProbe,
  type Differentiated,
  type DifferentiateOptions,
  differentiate,
  type Mask,
} from './differentiate/index.ts';
export { type OnnxCode, OnnxError } from './errors.ts';
export { fold } from './fold.ts';
export type { Attribute, DataType, Graph, Node, Tensor, TensorData, Value } from './graph.ts';
export { type AlexnetOptions, alexnet } from './networks/alexnet.ts';
export {
  type BackboneGraphOptions,
  type BackboneOptions,
  backboneGraph,
  explicitPads,
  onBackbone,
} from './networks/backbone.ts';
export { type ConvnetOptions, type ConvStage, type ConvStem, convnet, convnetStages } from './networks/convnet.ts';
export { type EmbeddingOptions, embeddingModel } from './networks/embedding.ts';
export { findFeatures } from './networks/features.ts';
export {
  type InputFacts,
  inputFacts,
  type PixelLayout,
  type PixelScaling,
  pixelsFromMetadata,
} from './networks/input.ts';
export { type PreprocessOptions, preprocessModel } from './networks/preprocess.ts';
export { atOpset } from './opset.ts';
export { trainableParameters } from './parameters.ts';
export { prune } from './prune.ts';
export { type ReadOptions, readModel } from './read.ts';
export { inferShapes, type Window, windowOf } from './shapes.ts';
export { SPELLED_OUT, spellOut } from './spell-out.ts';
export { float32, fromNumbers, int64, sizeOf, tensor, toFloats, toInts, toNumbers } from './tensor.ts';
export { type WeightFormat, weightsAs } from './weights.ts';
export { writeModel } from './write.ts';
