import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadRuntime } from './provider.ts';

const loaded: string[] = [];
vi.mock('onnxruntime-web/wasm', () => fakeOrt('wasm'));
vi.mock('onnxruntime-web/webgpu', () => fakeOrt('webgpu'));

/** Just enough of ONNX Runtime to see what is loaded and which provider a session gets. */
function fakeOrt(build: string) {
  loaded.push(build);
  const create = async (_: Uint8Array, o: { executionProviders: string[] }) => {
    if (o.executionProviders[0] === 'webgpu' && failing) throw new Error('no shader for that');
    const on = o.executionProviders[0];
    return { inputNames: [on], run: async () => ({ on }), release: async () => undefined };
  };
  return {
    env: { wasm: {}, webgpu: device },
    Tensor: class {},
    InferenceSession: { create },
  };
}

/** The device, which is lost when a test says so. */
const device = {
  get device() {
    return Promise.resolve({ lost });
  },
};
let lose: (info: { message: string }) => void = () => {};
let lost = new Promise<{ message: string }>((resolve) => {
  lose = resolve;
});

let failing = false;
const withAdapter = (adapter: object | null) => {
  vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => adapter }, hardwareConcurrency: 4 });
};

afterEach(() => {
  failing = false;
  loaded.length = 0;
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe('the choice of a provider', () => {
  it('is wasm without a GPU, with one that is missing, and with one that is software; nothing else is loaded', async () => {
    vi.stubGlobal('navigator', {});
    expect(await loadRuntime('auto')).toMatchObject({ provider: 'wasm', refused: 'the browser has no WebGPU' });
    for (const adapter of [null, { info: { isFallbackAdapter: true } }, { info: { architecture: 'swiftshader' } }]) {
      withAdapter(adapter);
      const runtime = await loadRuntime('auto');
      expect(runtime.provider).toBe('wasm');
      expect(runtime.refused).not.toBe('');
    }
    expect(loaded).toEqual(['wasm']);
  });

  it('is WebGPU on a real adapter, but for resizing', async () => {
    withAdapter({ info: { architecture: 'ada' } });
    const runtime = await loadRuntime('auto');
    expect(runtime).toMatchObject({ provider: 'webgpu', refused: '' });
    expect((await runtime.createSession(new Uint8Array(1), 'network')).inputNames).toEqual(['webgpu']);
    expect((await runtime.createSession(new Uint8Array(1), 'preprocess')).inputNames).toEqual(['wasm']);
    expect(loaded).toEqual(['webgpu']);
  });

  it('falls back to wasm in the same build where WebGPU refuses the network, and says why', async () => {
    withAdapter({});
    failing = true;
    const runtime = await loadRuntime('auto');
    expect((await runtime.createSession(new Uint8Array(1), 'network')).inputNames).toEqual(['wasm']);
    expect(runtime).toMatchObject({ provider: 'wasm', refused: 'no shader for that' });
    const insisting = await loadRuntime('webgpu');
    await expect(insisting.createSession(new Uint8Array(1), 'network')).rejects.toThrow('no shader');
  });

  it('goes back to wasm when the device is lost, tells it and why, and answers all the same', async () => {
    withAdapter({ info: { architecture: 'ada' } });
    lost = new Promise((resolve) => {
      lose = resolve;
    });
    const onLost = vi.fn();
    const runtime = await loadRuntime('auto', { onLost });
    const session = await runtime.createSession(new Uint8Array(1), 'network');
    expect(await session.run({})).toEqual({ on: 'webgpu' });
    lose({ message: 'the driver was updated' });
    await vi.waitFor(() => expect(onLost).toHaveBeenCalledOnce());
    expect(await session.run({})).toEqual({ on: 'wasm' });
    expect(runtime).toMatchObject({
      provider: 'wasm',
      refused: 'the WebGPU device was lost: the driver was updated',
    });
    expect((await runtime.createSession(new Uint8Array(1), 'network')).inputNames).toEqual(['wasm']);
  });

  it('is what is asked for, or an error', async () => {
    withAdapter({ info: { isFallbackAdapter: true } });
    expect((await loadRuntime('webgpu')).provider).toBe('webgpu');
    expect((await loadRuntime('wasm')).provider).toBe('wasm');
    withAdapter(null);
    await expect(loadRuntime('webgpu')).rejects.toMatchObject({ code: 'NO_PROVIDER' });
  });

  it('takes threads only where the page is isolated', async () => {
    vi.stubGlobal('navigator', { hardwareConcurrency: 16 });
    expect((await loadRuntime('wasm')).threads).toBe(1);
    vi.stubGlobal('crossOriginIsolated', true);
    expect((await loadRuntime('wasm')).threads).toBe(8);
    expect((await loadRuntime('wasm', { threads: 3 })).threads).toBe(3);
  });
});
