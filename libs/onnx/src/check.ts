/** @file Whether a graph is well formed. */
import { describeNode } from './attributes.ts';
import { OnnxError } from './errors.ts';
import type { Graph } from './graph.ts';
import { sizeOf } from './tensor.ts';

function invalid(message: string): OnnxError {
  return new OnnxError('INVALID_GRAPH', message);
}

/**
 * Throws INVALID_GRAPH unless the graph is well formed: every name given once (static single assignment), every input
 * of a node made before it (topological order), every graph output made by something, constants as large as they say.
 * What an operation makes of its inputs is for {@link inferShapes} and the official checker.
 */
export function checkGraph(graph: Graph): void {
  if (!Number.isInteger(graph.opset) || graph.opset < 1) {
    throw invalid(`the operator set of graph "${graph.name}" is ${graph.opset}; expected a whole number of at least 1`);
  }
  const known = new Map<string, string>();
  const define = (name: string, by: string) => {
    if (name === '') throw invalid(`${by} has no name`);
    const before = known.get(name);
    if (before !== undefined) throw invalid(`"${name}" is given twice: by ${before} and by ${by}; rename one of them`);
    known.set(name, by);
  };
  for (const input of graph.inputs) define(input.name, `graph input "${input.name}"`);
  for (const [name, constant] of graph.initializers) {
    define(name, `initializer "${name}"`);
    if (constant.data.length !== sizeOf(constant.dims)) {
      throw invalid(`initializer "${name}" has the dimensions [${constant.dims}] but ${constant.data.length} elements`);
    }
  }
  const nodeNames = new Set<string>();
  for (const node of graph.nodes) {
    if (node.name === '') throw invalid(`a node of operation ${node.op} has no name`);
    if (nodeNames.has(node.name)) throw invalid(`two nodes are called "${node.name}"; rename one of them`);
    nodeNames.add(node.name);
    for (const input of node.inputs) {
      if (input !== '' && !known.has(input)) {
        throw invalid(
          `${describeNode(node)} reads "${input}", which nothing before it makes: nodes must stand in topological order`,
        );
      }
    }
    if (!node.outputs.some((output) => output !== '')) throw invalid(`${describeNode(node)} has no output`);
    for (const output of node.outputs) if (output !== '') define(output, describeNode(node));
  }
  if (graph.outputs.length === 0) throw invalid(`the graph "${graph.name}" has no output`);
  const outputs = new Set<string>();
  for (const { name } of graph.outputs) {
    if (!known.has(name)) throw invalid(`nothing makes the graph output "${name}"`);
    if (outputs.has(name)) throw invalid(`the graph output "${name}" is listed twice`);
    outputs.add(name);
  }
}
