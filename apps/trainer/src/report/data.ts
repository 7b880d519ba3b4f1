/** @file What a report shows, as plain data: it is kept inside the page, so that an evaluation can be added later. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CodebookFile, MODEL_FILES, sha256Hex } from '@dqn/format';
import { writeFileAtomic } from '@dqn/format/node';
import type { PrecisionAt } from '@dqn/metrics';
import type { BaselineName } from '@dqn/train';
import type { Confusion } from '../evaluate/confusion.ts';
import type { EmbeddingMap } from '../evaluate/map.ts';
import type { Metric } from '../evaluate/measure.ts';
import type { MeanResult } from '../evaluate/together.ts';
import type { CodeUsage } from '../evaluate/usage.ts';
import { DATA_ID, renderReport } from './page.ts';
import type { RunFactsShown } from './run-facts.ts';

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
  /** Of the query's whole ranking by AQD. */
  averagePrecision: number;
}

/** MAP at one code length. */
export interface LengthResult {
  bits: number;
  M: number;
  K: number;
  /** Codebooks fitted by the evaluation to the training pictures' embeddings, not the model's own. */
  fitted?: true;
  map: Record<Metric, number>;
}

/** Several models that were measured in one go. */
export interface Together {
  models: number;
  results: MeanResult[];
}

/** One evaluation: the command's contract for `--json`, and the curves. */
export interface Evaluation {
  data: string;
  protocol: string;
  R: number | 'all';
  seed: number;
  views: number;
  queries: number;
  /** So many of the queries were trained on: the figures flatter the model. Absent: none. */
  trainedOn?: number;
  database: number;
  policies: Record<string, string>;
  /** The model's own code length first. */
  results: LengthResult[];
  /** MAP of what the same features give without learning, by the same codes' length. */
  baselines?: Record<BaselineName, Record<Metric, number>>;
  /** Why there are none. */
  noBaselines?: string;
  together?: Together;
  seconds: number;
  /** The command line, with MODEL for the folder. */
  command?: string;
  curves: Record<Metric, { precisionAt: PrecisionAt[]; precisionRecall: { recall: number; precision: number }[] }>;
}

/** What an evaluation saw of pictures and codes. */
export interface Insight {
  usage: CodeUsage;
  confusion: Confusion;
  best: Example[];
  worst: Example[];
  /** Absent for a handful of pictures. */
  map?: EmbeddingMap;
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
  schemaVersion: 2;
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
    /** sha256 of the files, hex. */
    sha256: string;
    codebookSha256?: string;
    preprocessSha256?: string;
  };
  /** What the run was; absent where the report was begun by an evaluation. */
  run?: RunFactsShown;
  training?: { points: TrainingPoint[]; seconds: number; device: string };
  /** Newest first; those with queries that were trained on come after all others. */
  evaluations: Evaluation[];
  /** Of the first evaluation. */
  insight?: Insight;
}

/** A report without training and evaluations. */
export function emptyReport(codebook: CodebookFile): Report {
  const { training, M, K, D, classes, modelSha256, preprocessSha256 } = codebook;
  const { data, protocol, recipe, seed, engine, epochs, trainImages } = training;
  return {
    schemaVersion: 2,
    model: {
      ...{ data: data.split('#')[0], protocol, recipe, seed, engine, epochs, trainImages },
      classes: classes.length,
      ...{ M, K, D, preprocessSha256 },
      sha256: modelSha256,
    },
    evaluations: [],
  };
}

/**
 * Adds an evaluation to a model's report, in place of an older one of the same data, protocol, seed and views (whose
 * further code lengths are kept). A report that is missing, is another model's or can't be read is begun anew.
 *
 * @returns the evaluation with what was kept
 */
export async function addEvaluation(
  folder: string,
  codebook: CodebookFile,
  evaluation: Evaluation,
  insight?: Insight,
): Promise<Evaluation> {
  const path = join(folder, MODEL_FILES.report);
  const old = parseReport(await readFile(path, 'utf8').catch(() => ''));
  const report = old && old.model.sha256 === codebook.modelSha256 ? old : emptyReport(codebook);
  const key = ({ data, protocol, seed, views }: Evaluation): string => [data, protocol, seed, views].join('\0');
  const others = report.evaluations.filter((other) => key(other) !== key(evaluation));
  const before = report.evaluations.find((other) => key(other) === key(evaluation));
  const whole = before ? withLengthsOf(evaluation, before) : evaluation;
  const all = [whole, ...others];
  // Figures that flatter never stand where honest ones could.
  const evaluations = [...all.filter(({ trainedOn }) => !trainedOn), ...all.filter(({ trainedOn }) => trainedOn)];
  const { insight: ofFirst, ...rest } = report;
  const shown = evaluations[0] === whole ? insight : ofFirst;
  await writeReport(folder, {
    ...rest,
    model: { ...rest.model, preprocessSha256: codebook.preprocessSha256 },
    evaluations,
    ...(shown && { insight: shown }),
  });
  return whole;
}

/** Writes the page of a report beside a model; the codebook's hash is that of the file there. */
export async function writeReport(folder: string, report: Report): Promise<void> {
  const codebook = await readFile(join(folder, MODEL_FILES.codebook));
  const model = { ...report.model, codebookSha256: sha256Hex(codebook) };
  const page = await renderReport({ ...report, model });
  await writeFileAtomic(join(folder, MODEL_FILES.report), new TextEncoder().encode(page));
}

/** Lengths that only the earlier evaluation of the same pictures has measured. */
function withLengthsOf(now: Evaluation, before: Evaluation): Evaluation {
  if (now.queries !== before.queries || now.database !== before.database || now.R !== before.R) return now;
  const kept = before.results.filter(({ bits, fitted }) => fitted && now.results.every((own) => own.bits !== bits));
  const together = now.together ?? before.together;
  return { ...now, results: [...now.results, ...kept], ...(together && { together }) };
}

/** The data inside a page; `undefined` where there is none of ours. */
export function parseReport(page: string): Report | undefined {
  const from = page.indexOf(`id="${DATA_ID}">`);
  const to = page.indexOf('</script>', from);
  if (from < 0 || to < 0) return undefined;
  try {
    const report = JSON.parse(page.slice(from + `id="${DATA_ID}">`.length, to)) as { schemaVersion: number };
    if (report.schemaVersion === 1) return fromFirst(report);
    return report.schemaVersion === 2 ? (report as Report) : undefined;
  } catch {
    return undefined;
  }
}

/** The first schema had the examples in each evaluation, and knew nothing of the run but its curves. */
function fromFirst(report: object): Report {
  const { evaluations, ...rest } = report as Report;
  return {
    ...rest,
    schemaVersion: 2,
    evaluations: evaluations.map((evaluation) => {
      const { examples: _, ...kept } = evaluation as Evaluation & { examples?: unknown };
      return kept;
    }),
  };
}
