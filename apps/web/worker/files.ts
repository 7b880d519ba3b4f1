/** @file What a build tells its service worker. */

/** Files of one build, by their addresses relative to the worker's. */
export interface PageFiles {
  /** Of their names and contents. */
  readonly version: string;
  /** What every visit needs: the page (`./`), our scripts, styles, icons. */
  readonly shell: readonly string[];
  /** The builds of ONNX Runtime, of which a browser uses one. */
  readonly runtimes: Readonly<Record<'wasm' | 'webgpu', readonly string[]>>;
}

/** What the page asks of the worker; it answers `true` on the port that comes along, or the reason as a string. */
export interface Keep {
  readonly kind: 'keep';
  readonly runtime: 'wasm' | 'webgpu';
}
