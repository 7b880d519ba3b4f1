/** @file What the address of the page can ask for: ?in=…, or ?model=…&gallery=…; &provider=…&k=… */

/** Settings of one visit. */
export interface Settings {
  /** Which entry of the catalogue. */
  readonly name: string;
  readonly model: string | undefined;
  readonly gallery: string | undefined;
  readonly provider: 'auto' | 'webgpu' | 'wasm';
  /** Hits wanted. */
  readonly k: number;
}

/** Hits that fill a grid of 2, 3, 4 and 6 columns without a gap. */
const HITS = 24;

/** Reads the settings; whatever can't be meant is left at its default. */
export function readSettings(search: string): Settings {
  const asked = new URLSearchParams(search);
  const provider = asked.get('provider');
  const k = Number(asked.get('k'));
  return {
    name: asked.get('in') ?? '',
    model: asked.get('model') || undefined,
    gallery: asked.get('gallery') || undefined,
    provider: provider === 'webgpu' || provider === 'wasm' ? provider : 'auto',
    k: Number.isInteger(k) && k >= 1 && k <= 1000 ? k : HITS,
  };
}
