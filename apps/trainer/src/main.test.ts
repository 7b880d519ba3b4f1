import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { run } from './main.ts';

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

const nowhere = join(tmpdir(), 'dqn-nowhere');

describe('wrong usage is exit code 2, in one line, with where to find help', () => {
  it.each([
    [['train', '--out', nowhere, '--data', 'y', '--bits', 'many'], /--bits.*expected a whole number from 1 to 256/],
    [['train', '--data', 'y'], /--out/],
    [['train', '--out', nowhere], /--data is missing/],
    [['train', '--out', nowhere, '--data', 'y', '--recipe', 'slow'], /paper, fast, best/],
    [['train', '--out', nowhere, '--data', 'y', '--cut', 'z'], /--cut/],
    [['explode'], /unknown command/],
    [['index', '--out', 'g'], /missing required argument/],
    [['index', 'm', 'i', '--out', 'g', '--nonsense'], /unknown option/],
    [['evaluate', 'm', '--views', '0'], /--views.*from 1/],
    [['search', 'g'], /missing the pictures/],
    [['serve', 'g', '--port', '99999'], /0 to 65535/],
    [['search', 'g', 'i', '-k', '0'], /whole number from 1/],
  ])('%j', async (args, line) => {
    const { code, stdout, stderr } = await told(args);
    expect(stderr).toMatch(/^dqn: WRONG_USAGE: /);
    expect(stderr).toMatch(line);
    expect([code, stdout]).toEqual([2, '']);
  });

  it('holds for codes that no M and K give, too', async () => {
    const { code, stderr } = await told(['train', '--out', nowhere, '--data', 'y', '--bits', '12']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^dqn: BITS_NOT_POSSIBLE: 12 bits.*64/)]);
  });
});

describe('help and version', () => {
  it('are exit code 0', async () => {
    const help = await told(['--help']);
    expect([help.code, help.stdout]).toEqual([0, expect.stringMatching(/train[\s\S]*serve[\s\S]*Exit code/)]);
    const train = await told(['train', '--help']);
    expect([train.code, train.stdout]).toEqual([0, expect.stringMatching(/--bits[\s\S]*--resume/)]);
    expect((await told(['help', 'index'])).stdout).toContain('--add');
    expect((await told(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('give examples that can be pasted: dqn is no name on the PATH', async () => {
    const { stdout } = await told(['--help']);
    expect(stdout.match(/^ +npx dqn \w+/gm)).toHaveLength(6);
    expect(stdout).not.toMatch(/^ +dqn /m);
    expect((await told(['explode'])).stderr).toContain('(npx dqn --help, npx dqn COMMAND --help)');
  });
});
