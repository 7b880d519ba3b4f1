/** @file Typed access to the attributes of a node, with ONNX's defaults. */
import { OnnxError } from './errors.ts';
import type { Attribute, Node, Tensor } from './graph.ts';

function wrong(node: Node, name: string, expected: string): OnnxError {
  return new OnnxError(
    'INVALID_GRAPH',
    `attribute "${name}" of node "${node.name}" (${node.op}) should hold ${expected}, found ${JSON.stringify(Object.keys(node.attributes[name] ?? {}))}`,
  );
}

/** How a node is called in messages: its operation and name. */
export function describeNode(node: Node): string {
  return `node "${node.name}" (${node.op})`;
}

/** An integer attribute; `fallback` where it is absent. Throws INVALID_GRAPH where it has another type. */
export function intAttribute(node: Node, name: string, fallback: number): number {
  const attribute = node.attributes[name];
  if (attribute === undefined) return fallback;
  if (!('int' in attribute)) throw wrong(node, name, 'an integer');
  return attribute.int;
}

/** A float attribute; `fallback` where it is absent. Throws INVALID_GRAPH where it has another type. */
export function floatAttribute(node: Node, name: string, fallback: number): number {
  const attribute = node.attributes[name];
  if (attribute === undefined) return fallback;
  if (!('float' in attribute)) throw wrong(node, name, 'a float');
  return attribute.float;
}

/** A list of integers; `undefined` where it is absent. Throws INVALID_GRAPH where it has another type. */
export function intsAttribute(node: Node, name: string): readonly number[] | undefined {
  const attribute = node.attributes[name];
  if (attribute === undefined) return undefined;
  if (!('ints' in attribute)) throw wrong(node, name, 'a list of integers');
  return attribute.ints;
}

/** A text attribute; `fallback` where it is absent. Throws INVALID_GRAPH where it has another type. */
export function stringAttribute(node: Node, name: string, fallback: string): string {
  const attribute = node.attributes[name];
  if (attribute === undefined) return fallback;
  if (!('string' in attribute)) throw wrong(node, name, 'a text');
  return attribute.string;
}

/** A tensor attribute; `undefined` where it is absent. Throws INVALID_GRAPH where it has another type. */
export function tensorAttribute(node: Node, name: string): Tensor | undefined {
  const attribute = node.attributes[name];
  if (attribute === undefined) return undefined;
  if (!('tensor' in attribute)) throw wrong(node, name, 'a tensor');
  return attribute.tensor;
}

/** Shorthands for building attributes. */
export const int = (value: number): Attribute => ({ int: value });
export const float = (value: number): Attribute => ({ float: value });
export const ints = (value: readonly number[]): Attribute => ({ ints: value });
export const string = (value: string): Attribute => ({ string: value });
