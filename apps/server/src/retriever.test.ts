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
    const answers = await Promise.all(
      [path, bytes, picture, z].map((query) => retriever.search(query, { k: 5, include: ['code'] })),
    );
    for (const answer of answers) {
      expect(answer.hits.map((hit) => hit.id)).toEqual(answers[0].hits.map((hit) => hit.id));
      expect(answer.code).toEqual(answers[0].code);
    }
    expect(answers[0].times.decode).toBeGreaterThan(0);
    expect(answers[3].times.infer).toBe(0);
    const id = answers[0].hits[0].id;
    const own = await retriever.search({ id }, { k: 60, distance: 'sqd' });
    expect(own.hits.find((hit) => hit.id === id)?.distance).toBe(0);
    expect(own.code).toBeUndefined();
    await expect(retriever.search({ id: 'nobody' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
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
        bytes: { index: expect.any(Number) },
      },
    });
  });
});

describe('many clients at a time', () => {
  it('share runs of the network, and each gets what it would get alone', async () => {
    const sizes: number[] = [];
    const stages = new Set<string>();
    await using busy = await createRetriever({
      model: service.model,
      gallery: service.gallery,
      readOnly: true,
      provider: 'cpu',
      threads: 1,
      observe(one) {
        if (one.kind === 'batch') sizes.push(one.size);
        if (one.kind === 'stage') stages.add(one.stage);
      },
    });
    const tried = await busy.warm();
    expect(tried[0].size).toBe(1);
    expect(busy.load()).toMatchObject({ images: 0, batch: busy.info().runtime.batch });
    const files = await Promise.all(service.pictures.map(toPng));
    const answers = await Promise.all(files.map((file) => busy.search(file, { k: 3 })));
    expect(busy.load().images).toBe(0);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(60);
    expect([...stages].sort()).toEqual(['decode', 'infer', 'preprocess', 'queue', 'search']);
    const together = await busy.searchMany(files.slice(0, 9), { k: 3 });
    for (let i = 0; i < 9; i++) {
      expect(together[i].hits).toEqual(answers[i].hits);
      expect((await retriever.search(service.pictures[i], { k: 3 })).hits).toEqual(answers[i].hits);
    }
  });

  it('are refused where too many come, and their places are free when they leave', async () => {
    const refused: number[] = [];
    await using small = await createRetriever({
      model: service.model,
      provider: 'cpu',
      threads: 1,
      // However slow the machine: only a full queue turns away.
      limits: { queue: 10, wait: 600_000, pixels: 48 * 40 },
      observe(one) {
        if (one.kind === 'shed') refused.push(one.images);
      },
    });
    const files = await Promise.all(service.pictures.slice(0, 14).map(toPng));
    const asked = await Promise.allSettled(files.map((file) => small.embed([file])));
    expect(asked.filter((one) => one.status === 'fulfilled').length).toBe(10);
    expect(asked[12]).toMatchObject({ reason: { code: 'OVERLOADED', retryAfter: expect.any(Number) } });
    expect(refused).toEqual([1, 1, 1, 1]);

    const gone = new AbortController();
    const leaving = Promise.allSettled(files.slice(0, 10).map((file) => small.embed([file], { signal: gone.signal })));
    expect(() => small.checkRoom()).toThrow(expect.objectContaining({ code: 'OVERLOADED' }));
    gone.abort('gone');
    for (const one of await leaving) expect(one).toMatchObject({ reason: 'gone' });
    small.checkRoom();
    expect(await small.embed([files[3]])).toHaveLength(32);

    const wide = await toPng({ width: 49, height: 40, data: new Uint8Array(49 * 40 * 3) });
    await expect(small.embed([files[0], wide])).rejects.toMatchObject({ code: 'PICTURE_TOO_LARGE' });
    expect(small.load().images).toBe(0);
  });
});

describe('a gallery that lives', () => {
  it('takes images, vectors and codes, finds them, and forgets them', async () => {
    const gallery = join(folder, 'lives.gallery');
    const open = () =>
      createRetriever({ model: service.model, gallery, create: { idKind: 'string' }, provider: 'cpu', threads: 1 });
    const files = await Promise.all(service.pictures.slice(0, 40).map(toPng));
    {
      await using lives = await open();
      const images = files.map((image, i) => ({ id: `image-${i}`, image, labels: ['seen'], metadata: { i } }));
      expect(await lives.add(images)).toEqual(files.map(() => true));
      const [vector, code] = [await lives.embed([files[3]]), await lives.encode([files[3]])];
      await lives.add([
        { id: 'by-vector', vector },
        { id: 'by-code', code, labels: ['told'] },
        { id: 'image-5', image: files[5], thumbnail: 'make' },
      ]);
      expect(lives.count).toBe(42);
      const { hits } = await lives.search({ id: 'image-3' }, { k: 3, distance: 'sqd', include: ['metadata'] });
      expect(hits.map((hit) => hit.id).sort()).toEqual(['by-code', 'by-vector', 'image-3']);
      expect(hits.find((hit) => hit.id === 'image-3')).toMatchObject({ labels: ['seen'], metadata: { i: 3 } });
      expect((await lives.get('by-vector'))?.code).toEqual(code);
      expect((await lives.store.thumbnail('image-5'))?.length).toBeGreaterThan(0);
      expect(await lives.remove(['image-3', 'nobody'])).toEqual([true, false]);
      expect(lives.health()).toEqual({ ready: true, problems: [] });
    }
    await using again = await open();
    expect(again.count).toBe(41);
    expect(await again.get('image-3')).toBeUndefined();
  });

  it('takes nothing that is not an item', async () => {
    const gallery = join(folder, 'strict.gallery');
    await using strict = await createRetriever({
      model: service.model,
      gallery,
      create: { idKind: 'string' },
      provider: 'cpu',
      threads: 1,
    });
    const code = new Uint8Array(4);
    const vector = new Float32Array(32);
    for (const item of [
      { id: 'x' },
      { id: 'x', code, vector },
      { id: 'x', vector: vector.subarray(1) },
      { id: 'x', vector: vector.with(3, Number.NaN) },
      { id: 'x', vector, thumbnail: 'make' as const },
    ]) {
      await expect(strict.add([{ id: 'fine', code }, item]), JSON.stringify(item)).rejects.toMatchObject({
        code: 'BAD_ITEM',
        message: expect.stringContaining('Item 1 (id "x")'),
      });
    }
    expect(strict.count).toBe(0);
    const image = Buffer.from('no picture');
    await expect(strict.add([{ id: 'x', image }])).rejects.toMatchObject({ code: 'UNREADABLE_PICTURE' });
    await expect(strict.searchMany([vector, new Float32Array(5)])).rejects.toMatchObject({ code: 'BAD_QUERY' });
  });
});

describe('a retriever that cannot be had', () => {
  const opened = (o: object): Promise<Retriever> =>
    createRetriever({ model: service.model, gallery: service.gallery, readOnly: true, provider: 'cpu', ...o });

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
