import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MODEL_FILES } from '@dqn/format';
import { encode } from '@dqn/pq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRetriever, describeChoice, type Retriever } from './index.ts';
import { type SmallService, smallService, toPng } from './testing/index.ts';

let folder: string;
let service: SmallService;
let retriever: Retriever;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dqn-retriever-'));
  service = await smallService(folder);
  retriever = await createRetriever({ model: service.model, gallery: service.gallery, provider: 'cpu', threads: 1 });
});
afterAll(async () => {
  await retriever.close();
  await service.reference.close();
  await rm(folder, { recursive: true });
});

describe('a retriever', () => {
  it('embeds and encodes in its threads as a session in this thread does', async () => {
    const pictures = service.pictures.slice(0, 10);
    const ours = await retriever.embed(pictures);
    const theirs = await service.reference.embed(pictures);
    expect(Math.max(...ours.map((v, i) => Math.abs(v - theirs[i])))).toBeLessThan(1e-6);
    expect(await retriever.encode(pictures)).toEqual(encode(service.small.codebook, ours));
  });

  it('finds the same by path, bytes, pixels and embedding, and its own items first by SQD', async () => {
    const picture = service.pictures[7];
    const bytes = await toPng(picture);
    const path = join(folder, 'query.png');
    await writeFile(path, bytes);
    const [z] = [await retriever.embed([picture])];
    const answers = await Promise.all([path, bytes, picture, z].map((query) => retriever.search(query, { k: 5 })));
    for (const answer of answers) {
      expect(answer.hits.map((hit) => hit.row)).toEqual(answers[0].hits.map((hit) => hit.row));
      expect(answer.code).toEqual(answers[0].code);
    }
    expect(answers[0].times.decode).toBeGreaterThan(0);
    expect(answers[3].times.network).toBe(0);
    const own = await retriever.search({ id: retriever.searcher.id(7) }, { k: 60, distance: 'sqd' });
    expect(own.hits.find((hit) => hit.row === 7)?.distance).toBe(0);
    expect(own.hits[0].distance).toBe(0);
  });

  it('finds only what a filter lets through', async () => {
    const query = service.pictures[7];
    const all = await retriever.search(query, { k: 60 });
    const blue = await retriever.search(query, { k: 60, filter: { labels: ['blue'] } });
    expect(blue.hits).toEqual(all.hits.filter((hit) => hit.labels.includes('blue')));
    await expect(retriever.search(query, { filter: { labels: ['mauve'] } })).rejects.toMatchObject({
      code: 'UNKNOWN_LABEL',
    });
  });

  it('encodes files beside the network, names the unreadable ones and goes on', async () => {
    const paths: string[] = [];
    for (let i = 0; i < 40; i++) {
      const path = join(folder, `${i}.png`);
      paths.push(path);
      await writeFile(path, i === 11 ? 'no picture' : await toPng(service.pictures[i]));
    }
    const skipped: number[] = [];
    const { indices, codes } = await retriever.encodeFiles(paths, {
      batch: 8,
      onUnreadable(i, error) {
        skipped.push(i);
        expect(String(error)).toContain(paths[i]);
      },
    });
    expect(skipped).toEqual([11]);
    expect([...indices]).toEqual(paths.map((_, i) => i).filter((i) => i !== 11));
    const expected = await service.reference.encode(service.pictures.filter((_, i) => i < 40 && i !== 11));
    const same = codes.reduce((sum, code, i) => sum + (code === expected[i] ? 1 : 0), 0);
    expect(same / codes.length).toBeGreaterThan(0.99);
    await expect(retriever.encodeFiles(paths)).rejects.toMatchObject({ code: 'UNREADABLE_PICTURE' });
  });

  it('leaves this thread free while the network runs', async () => {
    const pictures = Array.from({ length: 2000 }, (_, i) => service.pictures[i % 60]);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await retriever.embed(pictures);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(3);
  });

  it('says what it runs on, and what it holds', () => {
    expect(retriever.choice).toMatchObject({ provider: 'cpu', refused: [], threads: 1 });
    expect(describeChoice(retriever.choice)).toBe('cpu, 1 thread');
    expect(retriever.info()).toMatchObject({
      model: { size: 32, dimensions: 32 },
      codebook: { M: 4, K: 16, bits: 16, distance: 'aqd' },
      gallery: {
        count: 60,
        thumbnailType: 'image/png',
        index: { structure: 'flat', count: 60, tail: 0, dead: 0, kernels: 'simd', bytes: { base: expect.any(Number) } },
      },
    });
  });
});

describe('a retriever that cannot be had', () => {
  const opened = (o: object): Promise<Retriever> =>
    createRetriever({ model: service.model, gallery: service.gallery, provider: 'cpu', ...o });

  it('is refused for a missing folder, file, gallery or provider', async () => {
    await expect(opened({ model: join(folder, 'nowhere') })).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await expect(opened({ gallery: join(folder, 'nowhere') })).rejects.toMatchObject({ code: 'GALLERY_NOT_FOUND' });
    await expect(opened({ provider: 'tpu' })).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
  });

  it.runIf(process.platform === 'linux' && process.env.DQN_CUDA !== '1')(
    'is refused when it must run on CUDA and there is none, with the reason',
    async () => {
      await expect(opened({ provider: 'cuda' })).rejects.toMatchObject({
        code: 'PROVIDER_UNAVAILABLE',
        message: expect.stringContaining('cuda'),
      });
    },
  );

  it('falls back by itself, and says why', async () => {
    await using auto = await opened({ provider: 'auto' });
    expect(['cuda', 'webgpu', 'cpu']).toContain(auto.choice.provider);
    if (auto.choice.provider === 'cpu') {
      expect(auto.choice.refused.map((refusal) => refusal.provider)).toEqual(['cuda', 'webgpu']);
      expect(describeChoice(auto.choice)).toContain('cuda: ');
    }
  });

  it("is refused for another model's gallery and for a damaged one", async () => {
    const otherFolder = await mkdtemp(join(folder, 'other-'));
    const other = await smallService(otherFolder, { seed: 5, count: 4 });
    await other.reference.close();
    await expect(opened({ gallery: other.gallery })).rejects.toMatchObject({ code: 'CODEBOOK_MISMATCH' });
    const bytes = await readFile(service.gallery);
    bytes[Math.floor(bytes.length / 3)] ^= 4;
    const damaged = join(folder, 'damaged.gallery');
    await writeFile(damaged, bytes.subarray(0, 600));
    await expect(opened({ gallery: damaged })).rejects.toMatchObject({ name: 'FormatError' });
    const codebook = await readFile(join(other.model, MODEL_FILES.codebook));
    await writeFile(join(other.model, MODEL_FILES.codebook), codebook.subarray(0, codebook.length - 7));
    await expect(opened({ model: other.model })).rejects.toMatchObject({ name: 'FormatError' });
  });

  it('can be closed twice, and not be searched afterwards', async () => {
    const once = await opened({});
    await once.close();
    await once.close();
    await expect(once.search(new Float32Array(32))).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('embeds without a gallery, and says what a search lacks', async () => {
    await using bare = await createRetriever({ model: service.model, provider: 'cpu' });
    expect((await bare.embed([service.pictures[0]])).length).toBe(32);
    await expect(bare.search(new Float32Array(32))).rejects.toMatchObject({ code: 'NO_GALLERY' });
    expect(bare.info().gallery).toBe(null);
  });
});
