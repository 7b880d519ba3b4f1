import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkGraph } from './check.ts';
import { OnnxError } from './errors.ts';
import { fromHalf, toHalf } from './float16.ts';
import { fold } from './fold.ts';
import { onnx } from './generated/onnx.js';
import type { Attribute, DataType, Graph, Node, Tensor } from './graph.ts';
import { convnet } from './networks/convnet.ts';
import { readModel } from './read.ts';
import { inferShapes } from './shapes.ts';
import { arrayClass, ONNX_TYPE_NUMBER } from './types.ts';
import { writeModel } from './write.ts';

const types = Object.keys(ONNX_TYPE_NUMBER) as DataType[];

const tensors: fc.Arbitrary<Tensor> = fc
  .record({ type: fc.constantFrom(...types), dims: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }) })
  .chain(({ type, dims }) => {
    const count = dims.reduce((product, size) => product * size, 1);
    const bytes = count * arrayClass(type).BYTES_PER_ELEMENT;
    return fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((raw) => {
      const data = new (arrayClass(type))(new Uint8Array(raw).buffer);
      return { type, dims, data };
    });
  });

const whole = fc.integer({ min: -(2 ** 31), max: 2 ** 31 });
const singles = fc.float({ noNaN: true }).map((x) => (Object.is(x, -0) ? 0 : x));
const attributes: fc.Arbitrary<Attribute> = fc.oneof(
  whole.map((int): Attribute => ({ int })),
  singles.map((float): Attribute => ({ float })),
  fc.string().map((string): Attribute => ({ string })),
  tensors.map((tensor): Attribute => ({ tensor })),
  fc.array(whole).map((ints): Attribute => ({ ints })),
  fc.array(singles).map((floats): Attribute => ({ floats })),
  fc.array(fc.string()).map((strings): Attribute => ({ strings })),
);

const graphs: fc.Arbitrary<Graph> = fc
  .record({
    opset: fc.integer({ min: 1, max: 22 }),
    constants: fc.array(tensors, { maxLength: 4 }),
    nodes: fc.array(fc.dictionary(fc.string({ minLength: 1, maxLength: 6 }), attributes, { maxKeys: 3 }), {
      minLength: 1,
      maxLength: 5,
    }),
    metadata: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
  })
  .map(({ opset, constants, nodes, metadata }) => ({
    name: 'g',
    opset,
    inputs: [{ name: 'x', type: 'float32', dims: ['N', 3] }],
    outputs: [{ name: `y${nodes.length - 1}`, type: 'float32', dims: ['...'] }],
    nodes: nodes.map(
      (attributes, i): Node => ({
        op: 'Relu',
        name: `n${i}`,
        inputs: [i === 0 ? 'x' : `y${i - 1}`, ''],
        outputs: [`y${i}`],
        attributes: { ...attributes },
      }),
    ),
    initializers: new Map(constants.map((value, i) => [`c${i}`, value])),
    metadata: { ...metadata },
  }));

/** Attributes and metadata as plain data, whatever their prototypes. */
const plain = (graph: Graph) => ({
  ...graph,
  nodes: graph.nodes.map((node) => ({ ...node, attributes: Object.entries(node.attributes) })),
  metadata: Object.entries(graph.metadata),
});

describe('readModel and writeModel', () => {
  it('give back any graph, bit by bit', () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const bytes = writeModel(graph);
        const back = readModel(bytes);
        expect(plain(back)).toEqual(plain(graph));
        expect(writeModel(back)).toEqual(bytes);
      }),
      { numRuns: 150 },
    );
  });

  it('only ever fail with an OnnxError on damaged bytes, and so do the passes over what could be read', () => {
    const bytes = writeModel(
      convnet({ size: 32, dimensions: 4, seed: 1, stages: [{ width: 2 }], normalization: 'weight' }),
    );
    const flips = fc.array(fc.record({ at: fc.nat(bytes.length - 1), bit: fc.nat(7) }), { minLength: 1, maxLength: 8 });
    const cut = fc.option(fc.nat(bytes.length), { nil: bytes.length });
    let read = 0;
    fc.assert(
      fc.property(flips, cut, (places, length) => {
        const damaged = bytes.slice(0, length);
        for (const { at, bit } of places) if (at < length) damaged[at]! ^= 1 << bit;
        try {
          const graph = readModel(damaged);
          checkGraph(graph);
          read += 1;
          inferShapes(graph, { image: [1, 32, 32, 3] });
          fold(graph);
        } catch (error) {
          if (!(error instanceof OnnxError)) throw error;
        }
      }),
      { numRuns: 1500 },
    );
    expect(read).toBeGreaterThan(0); // a flipped weight is still a model
  });

  it('refuse what is no model at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => readModel(bytes)).toThrow(OnnxError);
      }),
    );
    expect(() => readModel(new Uint8Array())).toThrow(expect.objectContaining({ code: 'NOT_ONNX' }));
  });

  it('keep the integers that mean "to the end"', () => {
    const node = { op: 'Old', name: 'n', inputs: ['x'], outputs: ['y'], attributes: { ends: { ints: [2 ** 63, -1] } } };
    const value = { name: 'x', type: 'float32' as const, dims: [1] };
    const graph = { name: 'g', opset: 9, inputs: [value], outputs: [{ ...value, name: 'y' }], nodes: [node] };
    const back = readModel(writeModel({ ...graph, initializers: new Map(), metadata: {} }));
    expect(back.nodes[0]!.attributes).toEqual({ ends: { ints: [2 ** 63, -1] } });
  });
});

/** Bytes of a model with the given protobuf fields in its graph. */
function model(graph: onnx.GraphProto.$Properties, rest: onnx.ModelProto.$Properties = {}): Uint8Array {
  const output = { name: 'y', type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }] } } } };
  const whole = { name: 'g', output: [output], ...graph };
  return onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ version: 17 }], graph: whole, ...rest }).finish();
}

describe('readModel', () => {
  it('reads tensors from every typed field', () => {
    const { initializers } = readModel(
      model({
        initializer: [
          { name: 'f', dims: [2], dataType: 1, floatData: [1.5, -2] },
          { name: 'd', dims: [1], dataType: 11, doubleData: [0.1] },
          { name: 'h', dims: [2], dataType: 10, int32Data: [0x3c00, 0xc000] },
          { name: 'i8', dims: [3], dataType: 3, int32Data: [-128, 0, 127] },
          { name: 'u8', dims: [2], dataType: 2, int32Data: [0, 255] },
          { name: 'i64', dims: [2], dataType: 7, int64Data: [-1, 5] },
          { name: 'u32', dims: [1], dataType: 12, uint64Data: [4294967295] },
          { name: 'b', dims: [2], dataType: 9, int32Data: [1, 0] },
          { name: 'empty', dims: [0], dataType: 1 },
          { name: 'scalar', dims: [], dataType: 6, int32Data: [7] },
        ],
      }),
    );
    expect(initializers.get('f')!.data).toEqual(Float32Array.of(1.5, -2));
    expect(initializers.get('d')!.data).toEqual(Float64Array.of(0.1));
    expect(Array.from(initializers.get('h')!.data as Uint16Array, fromHalf)).toEqual([1, -2]);
    expect(initializers.get('i8')!.data).toEqual(Int8Array.of(-128, 0, 127));
    expect(initializers.get('u8')!.data).toEqual(Uint8Array.of(0, 255));
    expect(initializers.get('i64')!.data).toEqual(BigInt64Array.of(-1n, 5n));
    expect(initializers.get('u32')!.data).toEqual(Uint32Array.of(4294967295));
    expect(initializers.get('b')).toEqual({ type: 'bool', dims: [2], data: Uint8Array.of(1, 0) });
    expect(initializers.get('empty')!.data).toHaveLength(0);
    expect(initializers.get('scalar')).toEqual({ type: 'int32', dims: [], data: Int32Array.of(7) });
  });

  it('gives nodes without a name, or with the same one, names of their own', () => {
    const node = { opType: 'Relu', input: ['y'], output: ['y'] };
    const { nodes } = readModel(model({ node: [node, { ...node, name: 'a' }, { ...node, name: 'a' }] }));
    expect(nodes.map((n) => n.name)).toEqual(['Relu_0', 'a', 'a_2']);
  });

  it('drops inputs that have a stored value, and names dimensions without one', () => {
    const type = { tensorType: { elemType: 1, shape: { dim: [{}, { dimValue: 3 }, { dimParam: 'W' }] } } };
    const initializer = [{ name: 'w', dims: [1], dataType: 1, floatData: [1] }];
    const graph = readModel(
      model({
        input: [
          { name: 'x', type },
          { name: 'w', type },
        ],
        initializer,
      }),
    );
    expect(graph.inputs).toEqual([{ name: 'x', type: 'float32', dims: ['x.0', 3, 'W'] }]);
  });

  const tensor = { name: 'w', dims: [2], dataType: 1 };

  describe('weights in a file beside the model', () => {
    const beside = (entries: Record<string, string>) =>
      model({
        initializer: [
          { ...tensor, dataLocation: 1, externalData: Object.entries(entries).map(([key, value]) => ({ key, value })) },
        ],
      });
    const file = new Uint8Array(Float32Array.of(7, 1.5, -2, 9).buffer);
    const external = (location: string) => (location === 'w.data' ? file : undefined);

    it('are read from where the model says', () => {
      const bytes = beside({ location: 'w.data', offset: '4', length: '8' });
      expect(readModel(bytes, { external }).initializers.get('w')).toEqual({
        type: 'float32',
        dims: [2],
        data: Float32Array.of(1.5, -2),
      });
    });

    it.each([
      [{ location: 'other.data' }, /other\.data.*beside the model/],
      [{ location: 'w.data', offset: '12', length: '8' }, /12.*8 bytes.*has 16/],
      [{ location: 'w.data', offset: 'x' }, /from byte x/],
      [{ location: '../w.data' }, /no file beside/],
      [{ location: '/etc/w.data' }, /no file beside/],
      [{ location: 'C:\\w.data' }, /no file beside/],
      [{ location: 'a/../../w.data' }, /no file beside/],
      [{}, /no file beside/],
    ])('are refused for %j', (entries, message) => {
      const anything = (location: string) => external(location.replace(/.*[/\\]/, ''));
      expect(() => readModel(beside(entries as unknown as Record<string, string>), { external: anything })).toThrow(
        expect.objectContaining({ code: 'EXTERNAL_DATA', message: expect.stringMatching(message) }),
      );
    });

    it('are refused where they have another size', () => {
      expect(() => readModel(beside({ location: 'w.data', length: '4' }), { external })).toThrow(
        expect.objectContaining({ code: 'NOT_ONNX', message: expect.stringContaining('4 bytes') }),
      );
    });
  });

  it.each<[string, string, Uint8Array]>([
    [
      'EXTERNAL_DATA',
      'weights.bin',
      model({
        initializer: [{ ...tensor, dataLocation: 1, externalData: [{ key: 'location', value: 'weights.bin' }] }],
      }),
    ],
    ['NOT_ONNX', '3 elements', model({ initializer: [{ ...tensor, floatData: [1, 2, 3] }] })],
    ['NOT_ONNX', '7 bytes', model({ initializer: [{ ...tensor, rawData: new Uint8Array(7) }] })],
    ['NOT_ONNX', 'dimensions', model({ initializer: [{ ...tensor, dims: [-1] }] })],
    [
      'NOT_ONNX',
      'twice',
      model({
        initializer: [
          { ...tensor, floatData: [1, 2] },
          { ...tensor, floatData: [1, 2] },
        ],
      }),
    ],
    ['UNSUPPORTED', 'element type 8', model({ initializer: [{ ...tensor, dataType: 8 }] })],
    ['UNSUPPORTED', 'sparse', model({ sparseInitializer: [{}] })],
    [
      'UNSUPPORTED',
      'then_branch',
      model({ node: [{ opType: 'If', output: ['y'], attribute: [{ name: 'then_branch', type: 5, g: {} }] }] }),
    ],
    ['UNSUPPORTED', 'functions', model({}, { functions: [{ name: 'f' }] })],
    ['UNSUPPORTED', 'no tensor', model({ input: [{ name: 'x', type: { sequenceType: {} } }] })],
    ['NOT_ONNX', 'operator set', model({}, { opsetImport: [] })],
    ['NOT_ONNX', 'no ONNX graph', onnx.ModelProto.encode({ irVersion: 8 }).finish()],
  ])('refuses with %s, naming "%s"', (code, text, bytes) => {
    expect(() => readModel(bytes)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(text) }));
  });
});

describe('half precision', () => {
  it('survives the way to a number and back, for all 65,536 patterns', () => {
    for (let half = 0; half < 65536; half += 1) {
      const value = fromHalf(half);
      if (!Number.isNaN(value)) if (toHalf(value) !== half) expect.fail(`pattern ${half}`);
    }
    expect(Number.isNaN(fromHalf(toHalf(Number.NaN)))).toBe(true);
  });

  it('rounds to the nearest, ties to even', () => {
    expect(toHalf(1 + 2 ** -11)).toBe(toHalf(1));
    expect(toHalf(1 + 3 * 2 ** -11)).toBe(toHalf(1 + 2 ** -9));
    expect(toHalf(65519)).toBe(0x7bff);
    expect(toHalf(65520)).toBe(0x7c00);
    expect(toHalf(2 ** -25)).toBe(0);
  });
});
