/** @file A network in a few numbers. */
import type { Graph } from '@dqn/onnx';

/** Inputs, outputs, operators and sizes of a graph. */
export function describeGraph(graph: Graph) {
  const operators: Record<string, number> = {};
  for (const { op } of graph.nodes) operators[op] = (operators[op] ?? 0) + 1;
  let numbers = 0;
  const weightTypes: Record<string, number> = {};
  for (const { type, dims } of graph.initializers.values()) {
    const size = dims.reduce((product, dim) => product * dim, 1);
    numbers += size;
    weightTypes[type] = (weightTypes[type] ?? 0) + size;
  }
  return {
    name: graph.name,
    opset: graph.opset,
    inputs: graph.inputs,
    outputs: graph.outputs,
    nodes: graph.nodes.length,
    operators,
    constants: numbers,
    weightTypes,
    metadata: graph.metadata,
  };
}
