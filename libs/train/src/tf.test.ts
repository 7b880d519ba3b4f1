import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const load = async () => {
  vi.resetModules();
  return (await import('./tf.ts')).loadTf;
};

describe('loadTf', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dqn-tf-'));
    vi.stubEnv('DQN_CACHE', join(folder, 'cache'));
    vi.stubEnv('DQN_TFJS_NODE', folder);
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  const fakePackage = (name: string, program: string) => {
    const at = join(folder, 'node_modules', '@tensorflow', name);
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, 'index.js'), program);
  };

  it('computes on WebAssembly when that is asked for', async () => {
    const { tf, backend, device, passedOver } = await (await load())('portable');
    expect({ backend, device, passedOver }).toEqual({
      backend: 'wasm',
      device: '@tensorflow/tfjs 4.22.0, WebAssembly',
      passedOver: [],
    });
    expect([...tf.tidy(() => tf.square([1, 2, 3]).dataSync())]).toEqual([1, 4, 9]);
  });

  it('says of each native package why it was passed over', async () => {
    fakePackage('tfjs-node', 'throw new Error("The Node.js native addon module (tfjs_binding.node) can not be found")');
    const { passedOver, backend } = await (await load())();
    if (backend === 'tensorflow') return; // A regular package is installed beside: nothing to fall back from.
    expect(passedOver[0]).toBe('@tensorflow/tfjs-node-gpu is not installed (DQN_TFJS_NODE)');
    expect(passedOver[1]).toBe(
      '@tensorflow/tfjs-node has no native addon (`npm run native` builds one) (DQN_TFJS_NODE)',
    );
    expect(passedOver.length).toBe(4);
  });

  it('gives an error that names the remedy when TensorFlow is insisted on and is not there', async () => {
    fakePackage('tfjs-node-gpu', 'throw new Error("libcuda.so.1: cannot open shared object file")');
    const loadTf = await load();
    const loaded = await loadTf('best');
    if (loaded.backend === 'tensorflow') return;
    await expect(loadTf('tensorflow')).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringMatching(/doesn't load: libcuda\.so\.1.*npm run native/),
    });
  });

  it('is the same TF.js for every caller of a thread', async () => {
    const loadTf = await load();
    expect((await loadTf('portable')).tf).toBe((await loadTf()).tf);
  });
});
