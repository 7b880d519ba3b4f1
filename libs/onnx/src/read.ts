/** @file Bytes of an .onnx file to a Graph. */
import { OnnxError } from './errors.ts';
import { onnx } from './generated/onnx.js';
import type { Attribute, DataType, Graph, Node, Tensor, Value } from './graph.ts';
import { sizeOf, tensor } from './tensor.ts';
import { arrayClass, dataTypeOf, elementBytes } from './types.ts';
import { decodeUtf8 } from './utf8.ts';

/** What protobufjs gives for int64: a number, or (always, when the `long` package is there) its two halves. */
type Long = number | { readonly low: number; readonly high: number };

/** `dims` of a value whose file gives no shape; writeModel leaves the shape out again. */
export const UNKNOWN_SHAPE: readonly string[] = ['...'];

function toNumber(value: Long | null | undefined): number {
  if (value === null || value === undefined) return 0;
  return typeof value === 'number' ? value : value.high * 4294967296 + (value.low >>> 0);
}

function toBig(value: Long): bigint {
  if (typeof value === 'number') return BigInt(value);
  return BigInt.asIntN(64, (BigInt(value.high) << 32n) | BigInt(value.low >>> 0));
}

/** Options of {@link readModel}. */
export interface ReadOptions {
  /**
   * The bytes of a file beside the model that holds weights (ONNX external data), by the location that the model names;
   * undefined where it isn't there. Left out: models with weights elsewhere are refused.
   */
  readonly external?: (location: string) => Uint8Array | undefined;
}

/** The bytes of a tensor that lie in another file. */
function externalData(proto: onnx.TensorProto.$Properties, at: string, { external }: ReadOptions): Uint8Array {
  const entries = new Map((proto.externalData ?? []).map(({ key, value }) => [key ?? '', value ?? '']));
  const file = entries.get('location') ?? '';
  const where = `${at} keeps its data in "${file || 'another file'}"`;
  // A model names files beside itself: anything else is none of its business.
  if (file === '' || /^([/\\]|[a-z]:)|(^|[/\\])\.\.([/\\]|$)/i.test(file)) {
    throw new OnnxError('EXTERNAL_DATA', `${where}, which is no file beside the model: save the model again`);
  }
  const bytes = external?.(file);
  if (!bytes) {
    const put = external
      ? 'that file has to lie beside the model'
      : 'only self-contained models are read here: save the model with its weights inside (onnx.save_model(model, path, save_as_external_data=False))';
    throw new OnnxError('EXTERNAL_DATA', `${where}, but ${put}`);
  }
  const offset = Number(entries.get('offset') ?? 0);
  const length = Number(entries.get('length') ?? bytes.length - offset);
  if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length)) {
    throw new OnnxError(
      'EXTERNAL_DATA',
      `${where} from byte ${entries.get('offset') ?? 0} on, ${entries.get('length') ?? '?'} bytes, but that file has ${bytes.length}: it is cut short or belongs to another model`,
    );
  }
  return bytes.subarray(offset, offset + length);
}

/** The typed array of a TensorProto. Sizes are checked before anything is allocated, so bad bytes can't exhaust memory. */
function readTensor(proto: onnx.TensorProto.$Properties, where: string, o: ReadOptions): Tensor {
  const name = proto.name || '(unnamed)';
  const at = `${where} "${name}"`;
  if (proto.segment) throw new OnnxError('UNSUPPORTED', `${at} is stored in segments: save it as one tensor`);
  const type = dataTypeOf(proto.dataType ?? 0, at);
  const dims = (proto.dims ?? []).map((dim) => toNumber(dim));
  if (dims.some((dim) => !Number.isSafeInteger(dim) || dim < 0)) {
    throw new OnnxError(
      'NOT_ONNX',
      `${at} has dimensions [${dims}]; expected whole numbers of at least 0: the file is damaged`,
    );
  }
  const count = sizeOf(dims);
  const mismatch = (found: string) =>
    new OnnxError(
      'NOT_ONNX',
      `${at} holds ${found}, but its dimensions [${dims}] of ${type} want ${count} elements: the file is damaged`,
    );
  const elsewhere =
    proto.dataLocation === onnx.TensorProto.DataLocation.EXTERNAL || (proto.externalData?.length ?? 0) > 0;
  const raw = elsewhere ? externalData(proto, at, o) : proto.rawData;
  if (elsewhere || (raw && raw.length > 0)) {
    if (raw!.length !== count * elementBytes(type)) throw mismatch(`${raw!.length} bytes`);
    // A copy, for alignment and so that the file's bytes can be freed. ONNX is little-endian, as every platform
    // that runs JavaScript is.
    const buffer = new ArrayBuffer(raw!.length);
    new Uint8Array(buffer).set(raw!);
    return tensor(type, dims, new (arrayClass(type))(buffer));
  }
  const source = typedField(proto, type);
  if (source.length !== count) throw mismatch(`${source.length} elements`);
  const data = new (arrayClass(type))(count);
  const big = type === 'int64' || type === 'uint64';
  // Typed arrays wrap modulo their size, which for int8 and uint8 in int32_data is the identity.
  for (let i = 0; i < count; i += 1) {
    const value = source[i]!;
    if (big) (data as BigInt64Array)[i] = toBig(value);
    else data[i] = toNumber(value);
  }
  return tensor(type, dims, data);
}

/** The repeated field in which a TensorProto keeps elements of `type` when it has no raw_data. */
function typedField(proto: onnx.TensorProto.$Properties, type: DataType): readonly Long[] {
  switch (type) {
    case 'float32':
      return proto.floatData ?? [];
    case 'float64':
      return proto.doubleData ?? [];
    case 'int64':
      return proto.int64Data ?? [];
    case 'uint32':
    case 'uint64':
      return proto.uint64Data ?? [];
    default:
      return proto.int32Data ?? [];
  }
}

function readAttribute(proto: onnx.AttributeProto.$Properties, node: string, o: ReadOptions): Attribute {
  const Types = onnx.AttributeProto.AttributeType;
  switch (proto.type) {
    case Types.FLOAT:
      return { float: proto.f ?? 0 };
    case Types.INT:
      return { int: toNumber(proto.i) };
    case Types.STRING:
      return { string: decodeUtf8(proto.s ?? new Uint8Array()) };
    case Types.TENSOR:
      return { tensor: readTensor(proto.t ?? {}, `attribute ${proto.name} of ${node}, tensor`, o) };
    case Types.FLOATS:
      return { floats: [...(proto.floats ?? [])] };
    case Types.INTS:
      return { ints: (proto.ints ?? []).map((value) => toNumber(value)) };
    case Types.STRINGS:
      return { strings: (proto.strings ?? []).map((value) => decodeUtf8(value)) };
    default:
      throw new OnnxError(
        'UNSUPPORTED',
        `attribute "${proto.name}" of ${node} has ONNX attribute type ${proto.type ?? 'none'} (graphs, sparse tensors and type descriptions aren't read): export the model without control flow`,
      );
  }
}

function readValue(proto: onnx.ValueInfoProto.$Properties, kind: string): Value {
  const name = proto.name ?? '';
  const type = proto.type?.tensorType;
  if (name === '') throw new OnnxError('NOT_ONNX', `a graph ${kind} has no name: the file is damaged`);
  if (!type) throw new OnnxError('UNSUPPORTED', `the graph ${kind} "${name}" is no tensor; only tensors are read`);
  const shape = type.shape;
  const dims = shape
    ? (shape.dim ?? []).map((dim, axis) => {
        if (dim.dimValue !== null && dim.dimValue !== undefined && Object.hasOwn(dim, 'dimValue')) {
          const value = toNumber(dim.dimValue);
          // Exporters write -1 or 0 for a dimension that varies.
          return value > 0 && Number.isSafeInteger(value) ? value : `${name}.${axis}`;
        }
        return dim.dimParam || `${name}.${axis}`;
      })
    : UNKNOWN_SHAPE;
  return { name, type: dataTypeOf(type.elemType ?? 0, `the graph ${kind} "${name}"`), dims };
}

/** Gives every node a name of its own: files may leave names out or repeat them. */
function uniqueNames(protos: readonly onnx.NodeProto.$Properties[]): string[] {
  const taken = new Set<string>();
  return protos.map((proto, index) => {
    let name = proto.name || `${proto.opType}_${index}`;
    if (taken.has(name)) name = `${name}_${index}`;
    while (taken.has(name)) name += '_';
    taken.add(name);
    return name;
  });
}

function readNode(proto: onnx.NodeProto.$Properties, name: string, o: ReadOptions): Node {
  const op = proto.opType ?? '';
  const label = `node "${name}" (${op})`;
  if (op === '') throw new OnnxError('NOT_ONNX', `node "${name}" says no operation: the file is damaged`);
  const attributes: Record<string, Attribute> = {};
  for (const attribute of proto.attribute ?? []) {
    const key = attribute.name ?? '';
    // defineProperty, so that an attribute called __proto__ stays an attribute
    Object.defineProperty(attributes, key, {
      value: readAttribute(attribute, label, o),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  const domain = proto.domain === 'ai.onnx' ? '' : (proto.domain ?? '');
  const node = { op, name, inputs: [...(proto.input ?? [])], outputs: [...(proto.output ?? [])], attributes };
  return domain === '' ? node : { ...node, domain };
}

function readGraph(model: onnx.ModelProto.$Properties, o: ReadOptions): Graph {
  const graph = model.graph;
  if (!graph) throw new OnnxError('NOT_ONNX', 'the bytes hold no ONNX graph: is this an .onnx file?');
  if ((graph.sparseInitializer?.length ?? 0) > 0) {
    throw new OnnxError('UNSUPPORTED', `the graph "${graph.name}" has sparse initializers: save them dense`);
  }
  if ((model.functions?.length ?? 0) > 0) {
    throw new OnnxError('UNSUPPORTED', 'the model defines functions of its own: inline them (onnx.inliner)');
  }
  const standard = (model.opsetImport ?? []).find((entry) => (entry.domain ?? '') === '' || entry.domain === 'ai.onnx');
  const opset = toNumber(standard?.version);
  if (!Number.isSafeInteger(opset) || opset < 1) {
    throw new OnnxError('NOT_ONNX', `the model imports operator set ${opset || 'none'}; expected version 1 or later`);
  }
  const initializers = new Map<string, Tensor>();
  for (const proto of graph.initializer ?? []) {
    const name = proto.name ?? '';
    if (name === '') throw new OnnxError('NOT_ONNX', 'an initializer has no name: the file is damaged');
    if (initializers.has(name)) {
      throw new OnnxError('NOT_ONNX', `the initializer "${name}" occurs twice: the file is damaged`);
    }
    initializers.set(name, readTensor(proto, 'initializer', o));
  }
  const names = uniqueNames(graph.node ?? []);
  const metadata: Record<string, string> = Object.create(null);
  for (const entry of model.metadataProps ?? []) metadata[entry.key ?? ''] = entry.value ?? '';
  return {
    name: graph.name || 'graph',
    opset,
    // Files of IR version 3 list the initializers among the inputs too.
    inputs: (graph.input ?? [])
      .filter((value) => !initializers.has(value.name ?? ''))
      .map((v) => readValue(v, 'input')),
    outputs: (graph.output ?? []).map((value) => readValue(value, 'output')),
    nodes: (graph.node ?? []).map((node, index) => readNode(node, names[index]!, o)),
    initializers,
    metadata: { ...metadata },
  };
}

/**
 * Reads an .onnx file. The graph is decoded, not judged: {@link checkGraph} does that.
 *
 * Throws {@link OnnxError}: NOT_ONNX for bytes that are no model or a damaged one, EXTERNAL_DATA where weights lie
 * in another file that can't be had, UNSUPPORTED for subgraphs, sparse or string tensors, sequences and functions.
 *
 * @example const graph = readModel(new Uint8Array(await (await fetch('model.onnx')).arrayBuffer()));
 */
export function readModel(bytes: Uint8Array, o: ReadOptions = {}): Graph {
  let model: onnx.ModelProto.$Properties;
  try {
    model = onnx.ModelProto.decode(bytes);
  } catch (cause) {
    throw new OnnxError(
      'NOT_ONNX',
      `${bytes.length} bytes could not be decoded as an ONNX model (${cause instanceof Error ? cause.message : cause}): the file is damaged, cut short, or of another kind`,
      { cause },
    );
  }
  return readGraph(model, o);
}
