/** @file Leaving out what doesn't reach an output. */
import type { Graph, Node } from './graph.ts';

/** The graph without nodes and initializers from which no output can be reached; its inputs and outputs stay. */
export function prune(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map((output) => output.name));
  const nodes: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => output !== '' && needed.has(output))) continue;
    for (const input of node.inputs) if (input !== '') needed.add(input);
    nodes.push(node);
  }
  const initializers = new Map([...graph.initializers].filter(([name]) => needed.has(name)));
  return { ...graph, nodes: nodes.reverse(), initializers };
}
