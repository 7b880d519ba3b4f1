import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '@dqn/format';
import { checkGraph, float32, type Graph, GraphBuilder, join as joinGraphs, readModel, writeModel } from '@dqn/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CATALOGUE, type CatalogueEntry, filesNamed } from './catalogue.ts';
import { locateBackbone } from './locate.ts';
import { openTrunk } from './open.ts';
import { PIXEL_CONVENTIONS, parsePixels } from './pixels.ts';

/** Two convolutions, a residual block, a pool, a classifier. */
function network(o: { metadata?: Record<string, string> } = {}): Graph {
  const b = new GraphBuilder('small', { seed: 2, metadata: o.metadata ?? {} });
  let x = b.input('data', 'float32', ['N', 3, 16, 16]);
  x = b.relu(b.conv(x, { name: 'first', channels: 8, stride: 2 }), 'first.relu');
  x = b.dropout(x, { ratio: 0.5, name: 'first.drop' });
  const inside = b.relu(b.conv(x, { name: 'inside', channels: 8 }), 'inside.relu');
  x = b.add(x, b.conv(inside, { name: 'second', channels: 8 }), 'sum');
  x = b.flatten(b.globalAveragePool(x, 'pooled'), 'flat');
  b.output(b.gemm(x, { name: 'fc', size: 10 }), 'logits');
  return b.build();
}

const bytes = writeModel(network());
let folder: string;
let cache: string | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-backbone-'));
  cache = process.env.DQN_CACHE;
  process.env.DQN_CACHE = join(folder, 'cache');
});
afterEach(async () => {
  if (cache === undefined) delete process.env.DQN_CACHE;
  else process.env.DQN_CACHE = cache;
  await rm(folder, { recursive: true, force: true });
});

describe('the catalogue', () => {
  const files = CATALOGUE.flatMap((entry) => entry.files);
  it('names every file and every hash once', () => {
    expect(new Set(files.map(({ file }) => file)).size).toBe(files.length);
    expect(new Set(files.map(({ sha256 }) => sha256)).size).toBe(files.length);
    for (const { sha256, url, file, licence } of files) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(url ?? `https://x/${file}`).toMatch(new RegExp(`^https://.*/${file.replaceAll('.', '\\.')}$`));
      expect(licence).toMatch(/^[A-Za-z0-9.-]+$/);
    }
  });

  it('is found by the name of a network and by that of a file', () => {
    expect(filesNamed('mobilenet_v2').length).toBeGreaterThan(1);
    expect(filesNamed('mobilenetv2-12').map(({ file }) => file)).toEqual(['mobilenetv2-12.onnx']);
    expect(filesNamed('resnet18-v1-7.onnx')).toHaveLength(1);
    expect(filesNamed('nothing')).toEqual([]);
  });
});

describe('locateBackbone', () => {
  let server: Server;
  let answers: ((range: string | undefined) => Uint8Array | number)[] = [];
  let asked: (string | undefined)[] = [];
  const entry = (o: Partial<CatalogueEntry['files'][number]> = {}): readonly CatalogueEntry[] => [
    {
      name: 'small',
      summary: 'a small one',
      files: [
        {
          file: 'small.onnx',
          bytes: bytes.length,
          sha256: sha256Hex(bytes),
          url: `http://localhost:${(server.address() as AddressInfo).port}/small.onnx`,
          source: 'a test',
          licence: 'Apache-2.0',
          pixels: 'tf',
          size: 16,
          ...o,
        },
      ],
    },
  ];

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.headers.range);
      const answer = answers.shift()?.(request.headers.range) ?? bytes;
      if (typeof answer === 'number') {
        // Half a file, and then the line breaks.
        response.writeHead(200, { 'content-length': bytes.length });
        response.write(bytes.subarray(0, answer));
        setTimeout(() => response.destroy(), 200);
        return;
      }
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': answer.length - from });
      response.end(answer.subarray(from));
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    answers = [];
    asked = [];
  });

  it('fetches a network once, checks it and keeps it', async () => {
    const notices: string[] = [];
    const o = { catalogue: entry(), folder: join(folder, 'none'), onNotice: (line: string) => notices.push(line) };
    const found = await locateBackbone('small', o);
    expect(found.known?.pixels).toBe('tf');
    expect(found.path).toBe(join(folder, 'cache', 'backbones', 'small.onnx'));
    expect(new Uint8Array(await readFile(found.path))).toEqual(bytes);
    expect(await locateBackbone('small', o)).toMatchObject({ sha256: sha256Hex(bytes) });
    expect(asked).toHaveLength(1);
    expect(notices.join('\n')).toMatch(/Fetching http.*\nBackbone .*small\.onnx \(Apache-2\.0; a test\)/);
  });

  it('goes on with what an interrupted download left', async () => {
    answers = [() => 100];
    const o = { catalogue: entry(), folder: '' };
    const error = { code: 'BACKBONE_MISSING', message: expect.stringMatching(/small\.onnx.*sha256.*DQN_BACKBONES/) };
    await expect(locateBackbone('small', o)).rejects.toThrow(expect.objectContaining(error));
    expect(await readdir(join(folder, 'cache', 'backbones'))).toEqual(['small.onnx.part']);
    await locateBackbone('small', o);
    expect(asked[1]).toMatch(/^bytes=\d+-$/);
  });

  it('never keeps something else', async () => {
    answers = [() => bytes.map((byte) => byte ^ 1)];
    await expect(locateBackbone('small', { catalogue: entry(), folder: '' })).rejects.toThrow(
      expect.objectContaining({ code: 'BACKBONE_MISSING', message: expect.stringContaining(sha256Hex(bytes)) }),
    );
    expect(await readdir(join(folder, 'cache', 'backbones'))).toEqual([]);
  });

  it('fetches again what was damaged in the cache', async () => {
    const o = { catalogue: entry(), folder: '' };
    const { path } = await locateBackbone('small', o);
    await writeFile(path, bytes.slice(0, 200));
    expect((await locateBackbone('small', o)).bytes.length).toBe(bytes.length);
    expect(asked).toHaveLength(2);
  });

  it('prefers the folder of the user, and refuses another file under the same name there', async () => {
    await writeFile(join(folder, 'small.onnx'), bytes);
    const o = { catalogue: entry(), folder };
    expect((await locateBackbone('small', o)).path).toBe(join(folder, 'small.onnx'));
    expect(asked).toHaveLength(0);
    await writeFile(join(folder, 'small.onnx'), bytes.slice(0, 100));
    await expect(locateBackbone('small', o)).rejects.toThrow(
      expect.objectContaining({ code: 'BACKBONE_MISSING', message: expect.stringContaining('give the path of yours') }),
    );
  });

  it('says without network, or where nobody hands a network out, which file to put where', async () => {
    const away = entry({ url: 'http://localhost:1/small.onnx' });
    const message = expect.stringMatching(
      /put small\.onnx \([\d,]+ bytes, sha256 [0-9a-f]{64}; .*\) into .*DQN_BACKBONES.* or .*cache/,
    );
    await expect(locateBackbone('small', { catalogue: away, folder: '' })).rejects.toThrow(
      expect.objectContaining({ code: 'BACKBONE_MISSING', message }),
    );
    const [{ files, ...rest }] = entry() as [CatalogueEntry];
    const { url: _, ...file } = files[0];
    await expect(locateBackbone('small', { catalogue: [{ ...rest, files: [file] }], folder: '' })).rejects.toThrow(
      expect.objectContaining({ code: 'BACKBONE_MISSING', message }),
    );
  });

  it('takes a path as it is, and knows it by its content', async () => {
    await writeFile(join(folder, 'mine.onnx'), bytes);
    const found = await locateBackbone(join(folder, 'mine.onnx'), { catalogue: entry() });
    expect(found.known?.file).toBe('small.onnx');
    await expect(locateBackbone('mine', { catalogue: entry() })).rejects.toThrow(
      expect.objectContaining({ code: 'WRONG_USAGE', message: expect.stringContaining('small') }),
    );
  });
});

describe('parsePixels', () => {
  it('knows the conventions, and reads numbers', () => {
    for (const name of PIXEL_CONVENTIONS) expect(parsePixels(name).mean).toHaveLength(3);
    expect(parsePixels('mean=1,2,3; std=2; order=BGR; layout=nhwc')).toEqual({
      channels: 'bgr',
      mean: [1, 2, 3],
      scale: [0.5, 0.5, 0.5],
      layout: 'nhwc',
    });
  });
  it.each(['imagenet', 'mean', 'mean=1,2', 'std=0', 'std=a,b,c', 'order=gbr', 'layout=chw', 'mean=1=2', 'size=3', ''])(
    'refuses "%s"',
    (text) => expect(() => parsePixels(text)).toThrow(expect.objectContaining({ code: 'WRONG_USAGE' })),
  );
});

describe('openTrunk', () => {
  const write = async (graph: Graph) => {
    const path = join(folder, 'small.onnx');
    await writeFile(path, writeModel(graph));
    return path;
  };
  const run = async (graph: Graph, feeds: Record<string, Tensor>) => {
    const session = await InferenceSession.create(writeModel(graph), { logSeverityLevel: 3 });
    const outputs = await session.run(feeds);
    await session.release();
    return outputs[graph.outputs[0].name];
  };
  const image = new Tensor(
    'uint8',
    Uint8Array.from({ length: 2 * 20 * 20 * 3 }, (_, i) => (i * 37) % 256),
    [2, 20, 20, 3],
  );

  it('ends at the pooled features, flat', async () => {
    const opened = await openTrunk(await write(network()), { size: 20, pixels: 'torch' });
    expect(opened).toMatchObject({ features: 'pooled', tail: undefined, pixels: { channels: 'rgb' } });
    expect(opened.trunk!.outputs).toEqual([{ name: opened.cut, type: 'float32', dims: ['N', 8] }]);
    expect(opened.trunk!.inputs).toEqual([{ name: 'image', type: 'uint8', dims: ['N', 20, 20, 3] }]);
  });

  it.each(['first.relu', 'sum', 'first.drop'])(
    'parts in two at "%s" that do together what the whole does',
    async (cut) => {
      const path = await write(network());
      const { trunk: whole } = await openTrunk(path, { size: 20, pixels: 'tf' });
      const opened = await openTrunk(path, { size: 20, pixels: 'tf', cut });
      if (!opened.tail) {
        // Behind the last weights nothing learns.
        expect(cut).toBe('sum');
        expect(opened.trunk).toEqual(whole);
        return;
      }
      const { trunk, tail } = opened as { trunk: Graph; tail: Graph };
      for (const graph of [trunk, tail, joinGraphs(trunk, tail)]) checkGraph(graph);
      const middle = await run(trunk, { image });
      const behind = await run(tail, { [tail.inputs[0].name]: middle });
      const expected = (await run(whole!, { image })).data as Float32Array;
      for (const [i, value] of (behind.data as Float32Array).entries()) expect(value).toBeCloseTo(expected[i], 5);
    },
  );

  it.each(['input', 'image', 'data'])('leaves nothing frozen for a cut at "%s"', async (cut) => {
    const { trunk, tail } = await openTrunk(await write(network()), { size: 16, pixels: 'tf', cut });
    expect(trunk).toBeUndefined();
    expect(tail!.inputs[0]).toMatchObject({ name: 'image', type: 'uint8' });
  });

  it('refuses a cut inside a block and one that is not there, naming the nearest', async () => {
    const path = await write(network());
    await expect(openTrunk(path, { size: 16, pixels: 'tf', cut: 'inside.relu' })).rejects.toThrow(
      expect.objectContaining({ code: 'INVALID_GRAPH', message: expect.stringMatching(/"first\.relu" and "sum"/) }),
    );
    await expect(openTrunk(path, { size: 16, pixels: 'tf', cut: 'first' })).resolves.toBeDefined();
    await expect(openTrunk(path, { size: 16, pixels: 'tf', cut: 'logits' })).rejects.toMatchObject({
      code: 'WRONG_USAGE',
      message: expect.stringMatching(/logits lies behind or beside the features \(.+\) that/),
    });
    await expect(openTrunk(path, { size: 16, pixels: 'tf', cut: 'firts' })).rejects.toThrow(
      expect.objectContaining({ code: 'UNKNOWN_TENSOR', message: expect.stringContaining('first') }),
    );
  });

  it('asks what the pixels are where nobody says it, and believes the metadata', async () => {
    await expect(openTrunk(await write(network()), { size: 16 })).rejects.toThrow(
      expect.objectContaining({ code: 'WRONG_USAGE', message: expect.stringMatching(/--pixels: torch.*caffe/) }),
    );
    const metadata = { mean: '0.5,0.5,0.5', std: '0.5,0.5,0.5', channels: 'BGR' };
    const { pixels } = await openTrunk(await write(network({ metadata })), { size: 16 });
    expect(pixels).toMatchObject({ channels: 'bgr', mean: [127.5, 127.5, 127.5] });
  });

  it('reads weights that lie beside the file, and says which file is missing', async () => {
    const python = `
import sys, onnx
model = onnx.load(sys.argv[1])
onnx.save_model(model, sys.argv[2], save_as_external_data=True, location="weights.data", size_threshold=0)
`;
    const [path, apart] = [await write(network()), join(folder, 'apart.onnx')];
    const made = spawnSync('/usr/bin/python3', ['-c', python, path, apart], { encoding: 'utf8' });
    if (made.status !== 0) return console.warn('SKIPPED: weights beside a file (python3-onnx writes them)');
    const [whole, split] = await Promise.all([path, apart].map((file) => openTrunk(file, { size: 16, pixels: 'tf' })));
    expect(split.trunk).toEqual({ ...whole.trunk, name: split.trunk!.name });
    await rm(join(folder, 'weights.data'));
    await expect(openTrunk(apart, { size: 16, pixels: 'tf' })).rejects.toThrow(
      expect.objectContaining({
        code: 'EXTERNAL_DATA',
        message: expect.stringMatching(/weights\.data.*beside the model/),
      }),
    );
  });

  it('passes on what is wrong with a file', async () => {
    const graph = network();
    const weight = graph.initializers.get('inside.weight')!;
    const broken = float32(weight.dims, new Float32Array(weight.data.length).fill(Number.NaN));
    const path = await write({ ...graph, initializers: new Map([...graph.initializers, ['inside.weight', broken]]) });
    await expect(openTrunk(path, { size: 16, pixels: 'tf' })).rejects.toThrow(
      expect.objectContaining({ code: 'NOT_FINITE' }),
    );
    const others: [string, RegExp][] = [
      ['no network', /small\.onnx can't be read as a network: 10 bytes/],
      ['version https://git-lfs.github.com/spec/v1\noid sha256:0', /Git LFS pointer/],
      ['<!DOCTYPE html><html>', /web page/],
      ['PK\x03\x04archive', /PyTorch/],
    ];
    for (const [content, message] of others) {
      await writeFile(path, content);
      await expect(openTrunk(path, { size: 16, pixels: 'tf' })).rejects.toThrow(
        expect.objectContaining({ code: 'NOT_ONNX', message: expect.stringMatching(message) }),
      );
    }
  });

  it('says which size it takes where it takes only that one, and which layout it has', async () => {
    const b = new GraphBuilder('fixed');
    const x = b.relu(b.conv(b.input('data', 'float32', [1, 3, 24, 24]), { name: 'conv', channels: 4, stride: 2 }));
    b.output(b.gemm(b.relu(b.gemm(b.flatten(x), { name: 'one', size: 8 })), { name: 'two', size: 5 }));
    const path = await write(b.build());
    await expect(openTrunk(path, { size: 16, pixels: 'tf' })).rejects.toThrow(
      expect.objectContaining({ code: 'SHAPE_MISMATCH', message: expect.stringMatching(/; give --size 24$/) }),
    );
    await expect(openTrunk(path, { size: 24, pixels: 'mean=0;layout=nhwc' })).rejects.toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringMatching(/isn't nhwc.*say nchw/) }),
    );
    expect((await openTrunk(path, { size: 24, pixels: 'tf' })).features).toMatch(/relu/);
  });
});

const here = process.env.DQN_BACKBONES ?? '';
if (!here) console.warn('SKIPPED: pretrained backbones (set DQN_BACKBONES to a folder of .onnx files)');

describe.skipIf(!here)('the networks of the catalogue that are here', () => {
  it.each(['mobilenet_v2', 'squeezenet_v1.1'])('%s opens by its name alone', async (name) => {
    const opened = await openTrunk(name, { size: 64 });
    expect(filesNamed(name).map(({ sha256 }) => sha256)).toContain(opened.sha256);
    expect(opened.features).toBe('features');
    expect(opened.trunk!.outputs[0].dims).toEqual(['N', name === 'mobilenet_v2' ? 1280 : 512]);
    expect(readModel(writeModel(opened.trunk!)).outputs).toEqual(opened.trunk!.outputs);
  });
});
