/** @file The element type of every tensor of a graph. */
import { intAttribute, tensorAttribute } from './attributes.ts';
import type { DataType, Graph, Node } from './graph.ts';
import { dataTypeOf } from './types.ts';

/** Operations whose output has a type of its own, whatever goes in. */
const OWN_TYPE: Readonly<Record<string, DataType>> = {
  ...{ Shape: 'int64', Size: 'int64', ArgMax: 'int64', ArgMin: 'int64', NonZero: 'int64' },
  ...{ Equal: 'bool', Greater: 'bool', GreaterOrEqual: 'bool', Less: 'bool', LessOrEqual: 'bool' },
  ...{ Not: 'bool', And: 'bool', Or: 'bool', Xor: 'bool', IsNaN: 'bool', IsInf: 'bool' },
  ...{ ConvInteger: 'int32', MatMulInteger: 'int32', DynamicQuantizeLinear: 'uint8' },
};

/** Operations whose output is of the type of another input than the first. */
const TYPE_OF_INPUT: Readonly<Record<string, number>> = { Where: 1, DequantizeLinear: 1, QuantizeLinear: 2, OneHot: 2 };

function typesOf(node: Node, known: ReadonlyMap<string, DataType>): (DataType | undefined)[] {
  const own = OWN_TYPE[node.op];
  if (own) return node.outputs.map((_, i) => (i === 0 || node.op !== 'DynamicQuantizeLinear' ? own : 'float32'));
  if (node.op === 'Cast') return [dataTypeOf(intAttribute(node, 'to', 0), `node "${node.name}" (Cast)`)];
  if (node.op === 'Constant') {
    const key = Object.keys(node.attributes)[0];
    return [tensorAttribute(node, 'value')?.type ?? (key?.startsWith('value_int') ? 'int64' : 'float32')];
  }
  if (node.op === 'ConstantOfShape') return [tensorAttribute(node, 'value')?.type ?? 'float32'];
  const from = known.get(node.inputs[TYPE_OF_INPUT[node.op] ?? 0] ?? '');
  if (node.op === 'QuantizeLinear') return [from ?? 'uint8'];
  if (node.op === 'MaxPool') return [from, 'int64'];
  if (node.op === 'Dropout') return [from, 'bool'];
  return node.outputs.map(() => from);
}

/** The element type of every tensor (inputs, constants, what nodes make) as far as it can be told. */
export function elementTypes(graph: Graph): Map<string, DataType> {
  const known = new Map<string, DataType>();
  for (const { name, type } of graph.inputs) known.set(name, type);
  for (const [name, { type }] of graph.initializers) known.set(name, type);
  for (const node of graph.nodes) {
    const types = typesOf(node, known);
    node.outputs.forEach((name, i) => {
      const type = types[i];
      if (name !== '' && type) known.set(name, type);
    });
  }
  return known;
}
