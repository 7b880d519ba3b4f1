/** @file What a model's features give without learning, measured like the model itself. */
import { type Dataset, protocol } from '@dqn/data';
import type { BaselineName } from '@dqn/train';
import type { FrozenEmbedded, FrozenModel } from './frozen.ts';
import { METRICS, type MeasureOptions, type Metric } from './measure.ts';
import { measureInThreads } from './threads.ts';

/** What was embedded, and how it is judged. */
export interface BaselineMeasure
  extends Pick<MeasureOptions, 'queryLabels' | 'databaseLabels' | 'R' | 'seed' | 'signal'> {
  readonly dataset: Dataset;
  /** What the model was trained on: baselines are fitted to the same pictures. */
  readonly training: { readonly protocol: string; readonly seed: number };
  readonly queries: FrozenEmbedded;
  readonly database: FrozenEmbedded;
  readonly strict: boolean;
}

/** MAP of every baseline by every ranking. */
export async function measureBaselines(
  frozen: FrozenModel,
  o: BaselineMeasure,
): Promise<Record<BaselineName, Record<Metric, number>>> {
  const { dataset, training, strict, signal, queries, database, queryLabels, databaseLabels, R, seed } = o;
  const { train } = protocol(training.protocol, dataset, training.seed);
  const fitted = await frozen.baselines(dataset, train, training.seed, { strict, signal });
  const maps: [string, Record<Metric, number>][] = [];
  for (const { name, codebook, project } of Object.values(fitted)) {
    const measured = await measureInThreads({
      ...{ codebook, queryLabels, databaseLabels, R, seed, signal },
      queries: project(queries.features, queries.rows.length),
      database: project(database.features, database.rows.length),
    });
    maps.push([
      name,
      Object.fromEntries(METRICS.map((metric) => [metric, measured[metric].map])) as Record<Metric, number>,
    ]);
  }
  return Object.fromEntries(maps) as Record<BaselineName, Record<Metric, number>>;
}
