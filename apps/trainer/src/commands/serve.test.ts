import { join } from 'node:path';
import { createRetriever, startServer } from '@dqn/server';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { run } from '../main.ts';
import { modelOf } from '../model-folder.ts';
import { makeModel, makePictures, temporaryFolder } from '../testing/model.ts';

vi.mock('@dqn/server', { spy: true });
vi.mock('../model-folder.ts', { spy: true });
const server = await vi.importActual<typeof import('@dqn/server')>('@dqn/server');
const folders = await vi.importActual<typeof import('../model-folder.ts')>('../model-folder.ts');

const folder = await temporaryFolder();
const [model, pictures, gallery] = ['model', 'pictures', 'a.gallery'].map((name) => join(folder, name));
await makeModel(model);
await makePictures(pictures, 1);

/** Ctrl-C, for the command alone: the newest who listens. */
function interrupt(): void {
  process.listeners('SIGINT').at(-1)?.('SIGINT');
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('Ctrl-C', () => {
  const urls: string[] = [];
  it.each([
    [
      'looks for its model',
      () =>
        vi.mocked(modelOf).mockImplementationOnce((...rest) => {
          interrupt();
          return folders.modelOf(...rest);
        }),
    ],
    [
      'opens model and gallery',
      () =>
        vi.mocked(createRetriever).mockImplementationOnce((...rest) => {
          interrupt();
          return server.createRetriever(...rest);
        }),
    ],
    [
      'begins to listen',
      () =>
        vi.mocked(startServer).mockImplementationOnce(async (...rest) => {
          interrupt();
          const started = await server.startServer(...rest);
          urls.push(started.url);
          return started;
        }),
    ],
  ])('while the service %s ends it, with exit code 1', async (_, interruptThere) => {
    const text = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      vi.spyOn(process[stream], 'write').mockImplementation((chunk) => {
        text[stream] += chunk;
        return true;
      });
    }
    expect(await run(['index', model, pictures, '--out', gallery])).toBe(0);
    text.stdout = '';
    interruptThere();
    const code = await run(['serve', gallery, '--model', model, '--port', '0', '--provider', 'cpu']);
    expect([code, text.stdout]).toEqual([1, '']);
    expect(text.stderr).toMatch(/Stopping the service[\s\S]*^dqn: INTERRUPTED: /m);
  });

  it('leaves nobody listening', async () => {
    expect(urls).toHaveLength(1);
    await expect(fetch(urls[0])).rejects.toThrow('fetch failed');
  });
});
