import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { run } from '../main.ts';
import { makeModel, makePictures, temporaryFolder } from '../testing/model.ts';

async function told(args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((chunk) => {
      text[stream] += chunk;
      return true;
    });
  }
  return { code: await run(args), ...text };
}

afterEach(() => {
  vi.restoreAllMocks();
});

const folder = await temporaryFolder();
const [model, pictures] = [join(folder, 'model'), join(folder, 'pictures')];
const gallery = join(model, 'database.gallery');
await makeModel(model);
await makePictures(pictures, 2);

describe('index', () => {
  it('says what comes next, to be pasted', async () => {
    const { code, stdout } = await told(['index', model, pictures, '--out', gallery]);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`\nNext: npx dqn serve ${gallery}\n`)]);
  });
});
