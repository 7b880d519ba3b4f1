/** @file Which ways lead from a network's inputs to an output, and where they all meet. */
import type { Graph } from './graph.ts';

/** Whether something varying (an input of the graph) decides the value of each tensor. */
export function varyingTensors(graph: Graph): Set<string> {
  const varying = new Set(graph.inputs.map((input) => input.name));
  for (const node of graph.nodes) {
    if (node.inputs.some((input) => varying.has(input))) for (const output of node.outputs) varying.add(output);
  }
  varying.delete('');
  return varying;
}

/** The varying tensors on which `output` depends, itself included. */
export function tensorsOnTheWay(graph: Graph, output: string): Set<string> {
  const reaching = new Set([output]);
  for (const node of [...graph.nodes].reverse()) {
    if (node.outputs.some((name) => reaching.has(name))) for (const name of node.inputs) reaching.add(name);
  }
  return new Set([...varyingTensors(graph)].filter((name) => reaching.has(name)));
}

/** A tensor through which every way from the inputs to the output leads. */
export interface Waist {
  readonly tensor: string;
  /** How many of the graph's nodes stand before it: node `position - 1` makes it; 0 for the graph's input. */
  readonly position: number;
}

/**
 * All tensors through which every way from the graph's inputs to `output` leads, in order, the input and the output
 * included.
 *
 * Every node on a way comes either before or behind such a tensor. So in any topological order it is, once made, the
 * only one that is still read, and one pass that counts readers finds them all.
 */
export function waists(graph: Graph, output: string): Waist[] {
  const active = tensorsOnTheWay(graph, output);
  const readers = new Map<string, number>([[output, 1]]);
  const steps = graph.nodes.map((node) => ({
    reads: [...new Set(node.inputs)].filter((name) => active.has(name)),
    makes: node.outputs.filter((name) => active.has(name)),
  }));
  for (const { reads, makes } of steps) {
    if (makes.length > 0) for (const name of reads) readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  const live = new Set(graph.inputs.map(({ name }) => name).filter((name) => active.has(name)));
  const found: Waist[] = live.size === 1 ? [{ tensor: [...live][0]!, position: 0 }] : [];
  steps.forEach(({ reads, makes }, i) => {
    if (makes.length === 0) return;
    for (const name of reads) {
      readers.set(name, readers.get(name)! - 1);
      if (readers.get(name) === 0) live.delete(name);
    }
    for (const name of makes) live.add(name);
    if (live.size === 1 && makes.length === 1) found.push({ tensor: makes[0]!, position: i + 1 });
  });
  return found;
}

/** The last waist before a tensor and the first behind it, by the place of the node that makes the tensor. */
export function nearestWaists(graph: Graph, output: string, tensor: string): string[] {
  const place = graph.nodes.findIndex((node) => node.outputs.includes(tensor));
  if (place < 0) return [];
  const all = waists(graph, output);
  const before = all.findLast(({ position }) => position <= place);
  const behind = all.find(({ position }) => position > place + 1);
  return [before, behind].flatMap((waist) => (waist ? [waist.tensor] : []));
}
