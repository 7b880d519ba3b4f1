import { describe, expect, it } from 'vitest';
import { ORT_MODULES } from '../ort.ts';
import { chooseProvider } from './provider.ts';

/** A machine where these open. */
const machine =
  (...here: string[]) =>
  async (provider: string) =>
    here.includes(provider) ? undefined : `lib${provider}.so.1 is missing`;

describe('the provider', () => {
  it('is CUDA by itself where it opens, else the CPU; WebGPU by name alone', async () => {
    expect(await chooseProvider('auto', machine('cuda', 'webgpu'))).toEqual({
      provider: 'cuda',
      ortModule: ORT_MODULES.cuda,
    });
    expect((await chooseProvider('auto', machine('webgpu'))).provider).toBe('cpu');
    expect((await chooseProvider('webgpu', machine('cuda', 'webgpu'))).provider).toBe('webgpu');
    expect((await chooseProvider('cpu', machine('cuda'))).provider).toBe('cpu');
  });

  it('is refused by name with what is missing and what to take', async () => {
    await expect(chooseProvider('cuda', machine())).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: "--provider cuda doesn't start here: libcuda.so.1 is missing. Here, take --provider cpu.",
    });
    await expect(chooseProvider('webgpu', machine('cuda'))).rejects.toMatchObject({
      message: /Here, take --provider cuda or cpu\.$/,
    });
  });

  it.runIf(process.platform === 'linux' && process.env.DQN_CUDA !== '1')(
    'says for CUDA how to get it, or which library of the system is missing',
    async () => {
      await expect(chooseProvider('cuda')).rejects.toMatchObject({
        message: /npm run native -- --cuda|libcuda\.so\.1: cannot open shared object file/,
      });
    },
  );
});
