/** @file What a report shows, as plain data: it is kept inside the page, so that an evaluation can be added later. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CodebookFile, MODEL_FILES } from '@dqn/format';
import { writeFileAtomic } from '@dqn/format/node';
import type { PrecisionAt } from '@dqn/metrics';
import type { BaselineName, LogLine, RunRecord } from '@dqn/train';
import type { Metric } from '../evaluate/measure.ts';
import { DATA_ID, renderReport } from './page.ts';

/** A picture with a caption; `src` is a data URI. */
export interface ShownPicture {
  src: string;
  name: string;
  /** Shares a label with the query. */
  isRight: boolean;
}

/** A query and its nearest pictures. */
export interface Example {
  query: ShownPicture;
  hits: ShownPicture[];
}

/** One evaluation: the command's contract for `--json`, and the curves. */
export interface Evaluation {
  data: string;
  protocol: string;
  R: number | 'all';
  seed: number;
  views: number;
  queries: number;
  database: number;
  policies: Record<string, string>;
  results: { bits: number; M: number; K: number; map: Record<Metric, number> }[];
  /** MAP of what the same features give without learning, by the same codes' length. */
  baselines?: Record<BaselineName, Record<Metric, number>>;
  seconds: number;
  curves: Record<Metric, { precisionAt: PrecisionAt[]; precisionRecall: { recall: number; precision: number }[] }>;
  examples?: Example[];
}

/** A point of the training's curves. */
export interface TrainingPoint {
  step: number;
  epoch: number;
  loss: number;
  L: number;
  Q: number;
}

/** Everything in a report. */
export interface Report {
  schemaVersion: 1;
  model: {
    data: string;
    protocol: string;
    recipe: string;
    seed: number;
    engine: string;
    epochs: number;
    trainImages: number;
    classes: number;
    M: number;
    K: number;
    D: number;
    sha256: string;
  };
  training?: { points: TrainingPoint[]; seconds: number; device: string };
  /** Newest first. */
  evaluations: Evaluation[];
}

/** Most points of a curve that a page needs. */
const POINTS = 400;

/** The report of a model that was just exported. */
export function trainingReport(record: RunRecord, codebook: CodebookFile, log: readonly LogLine[]): Report {
  const steps = log.filter((line) => line.kind === 'step');
  const lines = steps.length > 1 ? steps : log.filter((line) => line.kind === 'epoch');
  const every = Math.max(1, Math.ceil(lines.length / POINTS));
  const points = lines
    .filter((_, i) => i % every === 0 || i === lines.length - 1)
    .map(({ step, epoch, loss, L, Q }) => ({ step, epoch, loss: Number(loss), L: Number(L), Q: Number(Q) }));
  const seconds = record.result?.seconds ?? 0;
  return { ...emptyReport(codebook), training: { points, seconds, device: record.device } };
}

/** A report without training and evaluations. */
export function emptyReport(codebook: CodebookFile): Report {
  const { training, M, K, D, classes, modelSha256 } = codebook;
  const { data, protocol, recipe, seed, engine, epochs, trainImages } = training;
  return {
    schemaVersion: 1,
    model: {
      data: data.split('#')[0],
      protocol,
      recipe,
      seed,
      engine,
      epochs,
      trainImages,
      classes: classes.length,
      M,
      K,
      D,
      sha256: modelSha256,
    },
    evaluations: [],
  };
}

/**
 * Adds an evaluation to a model's report, in place of an older one of the same data, protocol, seed and views. A
 * report that is missing, is another model's or can't be read is begun anew.
 */
export async function addEvaluation(folder: string, codebook: CodebookFile, evaluation: Evaluation): Promise<void> {
  const path = join(folder, MODEL_FILES.report);
  const old = parseReport(await readFile(path, 'utf8').catch(() => ''));
  const report = old && old.model.sha256 === codebook.modelSha256 ? old : emptyReport(codebook);
  const key = ({ data, protocol, seed, views }: Evaluation): string => [data, protocol, seed, views].join('\0');
  const others = report.evaluations.filter((other) => key(other) !== key(evaluation));
  const page = renderReport({ ...report, evaluations: [evaluation, ...others] });
  await writeFileAtomic(path, new TextEncoder().encode(page));
}

/** The data inside a page; `undefined` where there is none of ours. */
export function parseReport(page: string): Report | undefined {
  const from = page.indexOf(`id="${DATA_ID}">`);
  const to = page.indexOf('</script>', from);
  if (from < 0 || to < 0) return undefined;
  try {
    const report = JSON.parse(page.slice(from + `id="${DATA_ID}">`.length, to)) as Report;
    return report.schemaVersion === 1 ? report : undefined;
  } catch {
    return undefined;
  }
}
