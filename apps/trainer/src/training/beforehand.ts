/** @file What `train` can tell before it reads pictures: that a run can't begin, or not be gone on with like this. */
import { DATASET_NAMES, type Dataset } from '@dqn/data';
import { checkRunFolder, type RunRecord, TrainError } from '@dqn/train';
import { locateBackbone } from '../backbone/locate.ts';
import { count } from '../console.ts';
import { dataName } from '../data.ts';

/** The options that a resumed run shares with the one that was begun; undefined: as it was begun. */
export interface Asked {
  readonly bits?: number | undefined;
  readonly codewords?: number | undefined;
  readonly seed?: number | undefined;
  readonly epochs?: number | undefined;
  readonly size?: number | undefined;
  readonly recipe?: string | undefined;
  readonly variant?: string | undefined;
  readonly protocol?: string | undefined;
  readonly workers?: number | undefined;
  readonly engine?: string | undefined;
  readonly provider?: string | undefined;
  readonly backbone?: string | undefined;
}

function refuse(differences: readonly string[]): void {
  if (differences.length === 0) return;
  throw new TrainError(
    'OTHER_OPTIONS',
    `The run was begun with other options: ${differences.join('; ')}. Resume with the same ones (leave them out), or begin a new run in another folder.`,
  );
}

/**
 * Throws where a run can't begin in its folder or, with --resume, where what is asked for isn't what it was begun with.
 *
 * @throws TrainError RUN_EXISTS, CANT_WRITE, OTHER_OPTIONS (every difference with both values)
 */
export async function checkBeforehand(
  folder: string,
  asked: Asked,
  begun: RunRecord | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (!begun) return checkRunFolder(folder);
  const { identity, facts } = begun;
  const [recipe, variant = 'none'] = identity.recipe.name.split('/');
  const were: Record<keyof Asked, unknown> = {
    ...{ bits: identity.bits, codewords: identity.K, seed: identity.seed },
    ...{ epochs: identity.recipe.epochs, size: identity.recipe.size, recipe, variant },
    ...{ protocol: facts.protocol, workers: identity.workers, engine: identity.engine },
    provider: identity.provider ?? 'cpu',
    backbone: undefined,
  };
  const differences = Object.entries(asked).flatMap(([name, now]) => {
    const was = were[name as keyof Asked];
    const open =
      now === undefined || name === 'backbone' || ((name === 'engine' || name === 'provider') && now === 'auto');
    return open || was === now ? [] : [`--${name} was ${was}, now ${now}`];
  });
  refuse([...differences, ...(await otherBackbone(asked.backbone, begun, signal))]);
}

/** A backbone is the same where its file is. */
async function otherBackbone(now: string | undefined, { identity, facts }: RunRecord, signal: AbortSignal) {
  if (now === undefined) return [];
  if (identity.recipe.network.kind !== 'head') return [`--backbone was none, now ${now}`];
  if (!facts.backbone) return [];
  const { name, sha256 } = facts.backbone;
  const found = await locateBackbone(now, { signal });
  const short = (hash: string) => `sha256 ${hash.slice(0, 12)}…`;
  return found.sha256 === sha256
    ? []
    : [`--backbone was ${name} (${short(sha256)}), now ${now} (${short(found.sha256)})`];
}

/** Pictures a codeword, below which many codewords stay unused. */
const PICTURES_A_CODEWORD = 4;
/** What suits few pictures. */
const FEW_CODEWORDS = 16;

/** What to say of few pictures; undefined for enough of them. */
export function fewPictures(images: number, codewords: number): string | undefined {
  if (codewords <= FEW_CODEWORDS || images >= PICTURES_A_CODEWORD * codewords) return undefined;
  return `${count(images)} pictures are few to learn ${codewords} codewords a codebook from (fewer than ${PICTURES_A_CODEWORD} each): many will stay unused; --codewords ${FEW_CODEWORDS} suits so few pictures`;
}

/**
 * Throws where a run is resumed on other pictures or labels than it was begun with.
 *
 * @throws TrainError OTHER_OPTIONS
 */
export function checkSameData(dataset: Dataset, { facts }: RunRecord): void {
  const now = dataName(dataset);
  if (now === facts.data) return;
  const isSameName = facts.data.split('#')[0] === dataset.name && !(DATASET_NAMES as readonly string[]).includes(now);
  refuse([`--data was ${facts.data}, now ${now}${isSameName ? ' (the same name, but other pictures or labels)' : ''}`]);
}
