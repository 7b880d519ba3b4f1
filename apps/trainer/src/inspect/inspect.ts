/** @file Finds out what a path is, and reads it. */
import { stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { FormatError, MODEL_FILES, openGallery, readCodebook, sha256Hex, verifyTogether } from '@dqn/format';
import { fileSource, readFileChecked } from '@dqn/format/node';
import { readModel } from '@dqn/onnx';
import { RUN_FILES, readLog, readRun } from '@dqn/train';
import { filesNamed } from '../backbone/catalogue.ts';
import { type LocateOptions, locateBackbone, readLocated } from '../backbone/locate.ts';
import { TrainerError } from '../errors.ts';
import { fileSizes, isModelFolder } from '../model-folder.ts';
import { describeBackbone } from './cuts.ts';
import { describeGraph } from './graph.ts';

/** What was found: `kind` and plain data, as `--json` prints it. */
export interface Found {
  kind: 'model' | 'network' | 'codebook' | 'gallery' | 'run';
  path: string;
  [field: string]: unknown;
}

const FIRST_IDS = 10;

/** Options of {@link inspect}. */
export interface InspectOptions extends Pick<LocateOptions, 'signal' | 'onNotice'> {
  /** All ids of a gallery, not the first ones. */
  ids: boolean;
  /** Edge of the pictures for which a network's shapes and costs are told; default: its own. */
  size?: number | undefined;
}

/**
 * Reads a file or folder of ours, or a network of the catalogue by its name, and checks it whole.
 *
 * @throws {TrainerError} UNKNOWN_FILE; FormatError, OnnxError, TrainError for damaged files
 */
export async function inspect(path: string, options: InspectOptions): Promise<Found> {
  const found = await stat(path).catch((cause) => {
    if (filesNamed(path).length > 0) return undefined;
    throw new TrainerError('UNKNOWN_FILE', `${path} isn't there`, { cause });
  });
  if (!found) return inspectNetwork((await locateBackbone(path, options)).path, options.size);
  if (found.isDirectory()) {
    if (await isModelFolder(path)) return inspectModel(path);
    if (await stat(join(path, RUN_FILES.run)).catch(() => undefined)) return inspectRun(path);
    throw new TrainerError(
      'UNKNOWN_FILE',
      `${path} is neither a model (no ${MODEL_FILES.codebook}) nor a run (no ${RUN_FILES.run})`,
    );
  }
  const ending = extname(path).toLowerCase();
  if (ending === '.onnx') return inspectNetwork(path, options.size);
  if (ending === '.pb' || basename(path) === MODEL_FILES.codebook) return inspectCodebook(path);
  try {
    return await inspectGallery(path, options.ids);
  } catch (error) {
    if (ending === '.gallery' || !(error instanceof FormatError && error.code === 'NOT_A_GALLERY')) throw error;
    throw new TrainerError('UNKNOWN_FILE', `${path} is no gallery, and its name ends neither in .onnx nor in .pb`, {
      cause: error,
    });
  }
}

async function inspectCodebook(path: string): Promise<Found> {
  const bytes = await readFileChecked(path);
  const { M, K, D, schemaVersion, distance, classes, training, modelSha256, preprocessSha256 } = readCodebook(bytes);
  return {
    kind: 'codebook',
    path,
    bytes: bytes.length,
    sha256: sha256Hex(bytes),
    schemaVersion,
    M,
    K,
    D,
    bits: M * Math.log2(K),
    distance,
    classes,
    training,
    modelSha256,
    preprocessSha256,
  };
}

async function inspectNetwork(path: string, size?: number): Promise<Found> {
  const located = await locateBackbone(path);
  const { bytes, sha256, known } = located;
  const graph = readLocated(located);
  return {
    kind: 'network',
    path,
    bytes: bytes.length,
    sha256,
    ...(known && { source: known.source, licence: known.licence }),
    ...describeGraph(graph),
    backbone: describeBackbone(graph, { path, known, ...(size !== undefined && { size }) }),
  };
}

async function inspectModel(path: string): Promise<Found> {
  const read = (name: string) => readFileChecked(join(path, name));
  const [network, preprocess, codebook] = await Promise.all([
    read(MODEL_FILES.network),
    read(MODEL_FILES.preprocess),
    read(MODEL_FILES.codebook),
  ]);
  verifyTogether({
    modelSha256: sha256Hex(network),
    preprocessSha256: sha256Hex(preprocess),
    codebook: readCodebook(codebook),
    codebookSha256: sha256Hex(codebook),
  });
  const { kind: _, path: __, ...rest } = await inspectCodebook(join(path, MODEL_FILES.codebook));
  return {
    kind: 'model',
    path,
    files: await fileSizes(path),
    codebook: rest,
    network: describeGraph(readModel(network)),
    preprocess: describeGraph(readModel(preprocess)),
  };
}

async function inspectGallery(path: string, withIds: boolean): Promise<Found> {
  const source = await fileSource(path);
  try {
    const gallery = await openGallery(source);
    await gallery.verify();
    const { meta } = gallery;
    const { kind, version, count, facts, parts } = meta.index;
    const counts = meta.classes.map((name) => ({ name, pictures: 0 }));
    const gone = await gallery.removed();
    const labels = await gallery.labelTable();
    for (const label of labels.values) counts[label].pictures++;
    for (const row of gone) {
      for (const label of labels.values.subarray(labels.offsets[row], labels.offsets[row + 1]))
        counts[label].pictures--;
    }
    const rows = presentRows(meta.rows, gone, withIds ? meta.rows : FIRST_IDS);
    // A bigint is nothing that JSON knows.
    const ids = (await gallery.idsOf(rows)).map((id) => (typeof id === 'bigint' ? String(id) : id));
    return {
      kind: 'gallery',
      path,
      bytes: source.size,
      bits: meta.M * Math.log2(meta.K),
      ...meta,
      removed: gone.length,
      index: { kind, version, count, facts, parts: parts.map(({ name, bytes }) => ({ name, size: bytes })) },
      classes: counts,
      [withIds ? 'ids' : 'firstIds']: ids,
    };
  } finally {
    await source.close();
  }
}

/** The first rows that are there, at most so many. */
function presentRows(count: number, gone: Uint32Array, most: number): number[] {
  const isGone = new Set(gone);
  const rows: number[] = [];
  for (let row = 0; row < count && rows.length < most; row++) if (!isGone.has(row)) rows.push(row);
  return rows;
}

async function inspectRun(path: string): Promise<Found> {
  const { record, path: pathOf } = await readRun(path);
  const log = await readLog(pathOf('log'));
  return { kind: 'run', path, ...record, logLines: log.length, lastLine: log.at(-1) ?? null };
}
