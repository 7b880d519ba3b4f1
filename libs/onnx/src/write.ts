/** @file A Graph to the bytes of an .onnx file. */
import { onnx } from './generated/onnx.js';
import type { Attribute, Graph, Node, Tensor, Value } from './graph.ts';
import { toBigInt } from './tensor.ts';
import { ONNX_TYPE_NUMBER } from './types.ts';
import { encodeUtf8 } from './utf8.ts';

/** IR version 8, of ONNX 1.10 to 1.13: what every runtime and checker of today and Debian's read. */
const IR_VERSION = 8;

const Types = onnx.AttributeProto.AttributeType;

/** An int64 as protobufjs takes it without loss. */
function long(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  const big = BigInt.asUintN(64, toBigInt(value));
  // protobufjs takes any object of this shape; its type says `Long`.
  return { low: Number(big & 0xffffffffn) | 0, high: Number(big >> 32n) | 0, unsigned: false } as unknown as number;
}

function writeTensor(tensor: Tensor, name: string): onnx.TensorProto.$Properties {
  const { buffer, byteOffset, byteLength } = tensor.data;
  return {
    name,
    dims: tensor.dims.map(long),
    dataType: ONNX_TYPE_NUMBER[tensor.type],
    rawData: new Uint8Array(buffer, byteOffset, byteLength),
  };
}

function writeAttribute(name: string, attribute: Attribute): onnx.AttributeProto.$Properties {
  if ('int' in attribute) return { name, type: Types.INT, i: long(attribute.int) };
  if ('float' in attribute) return { name, type: Types.FLOAT, f: attribute.float };
  if ('string' in attribute) return { name, type: Types.STRING, s: encodeUtf8(attribute.string) };
  if ('tensor' in attribute) return { name, type: Types.TENSOR, t: writeTensor(attribute.tensor, '') };
  if ('ints' in attribute) return { name, type: Types.INTS, ints: attribute.ints.map(long) };
  if ('floats' in attribute) return { name, type: Types.FLOATS, floats: [...attribute.floats] };
  return { name, type: Types.STRINGS, strings: attribute.strings.map((text) => encodeUtf8(text)) };
}

function writeNode(node: Node): onnx.NodeProto.$Properties {
  return {
    opType: node.op,
    name: node.name,
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: Object.entries(node.attributes).map(([name, attribute]) => writeAttribute(name, attribute)),
    ...(node.domain ? { domain: node.domain } : {}),
  };
}

function writeValue(value: Value): onnx.ValueInfoProto.$Properties {
  const elemType = ONNX_TYPE_NUMBER[value.type];
  if (value.dims[0] === '...') return { name: value.name, type: { tensorType: { elemType } } };
  const dim = value.dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name: value.name, type: { tensorType: { elemType, shape: { dim } } } };
}

/**
 * Writes a graph as a self-contained .onnx file of IR version 8. The same graph gives the same bytes.
 *
 * Nothing is checked here: run {@link checkGraph} on graphs of your own making.
 */
export function writeModel(graph: Graph): Uint8Array {
  const domains = new Set(graph.nodes.map((node) => node.domain ?? '').filter((domain) => domain !== ''));
  const model: onnx.ModelProto.$Properties = {
    irVersion: IR_VERSION,
    producerName: 'dqn',
    opsetImport: [{ domain: '', version: graph.opset }, ...[...domains].map((domain) => ({ domain, version: 1 }))],
    metadataProps: Object.entries(graph.metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: graph.name,
      node: graph.nodes.map(writeNode),
      initializer: [...graph.initializers].map(([name, tensor]) => writeTensor(tensor, name)),
      input: graph.inputs.map(writeValue),
      output: graph.outputs.map(writeValue),
    },
  };
  // A copy: protobufjs' Node writer hands out a slice of its pool.
  return new Uint8Array(onnx.ModelProto.encode(model).finish());
}
