/** @file What a run was, for report and card: settings, hashes, where it came from, the commands that make it again. */
import type { CodebookFile } from '@dqn/format';
import { type BackboneFacts, type LogLine, type RunRecord, recipeFor } from '@dqn/train';
import { CATALOGUE, type CatalogueFile } from '../backbone/catalogue.ts';
import { emptyReport, type Report } from './data.ts';

/** A pretrained network that a model stands on. */
export interface BackboneShown {
  readonly name: string;
  readonly sha256: string;
  /** What the catalogue knows about it; absent for a file of the user's own. */
  readonly licence?: string;
  readonly source?: string;
}

/** A run as it is shown. */
export interface RunFactsShown {
  /** Every setting of the recipe by its path, such as `optimiser.kind`. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** What they were computed from, by name. */
  readonly hashes: readonly (readonly [name: string, sha256: string])[];
  readonly backbone?: BackboneShown;
  readonly unreadable: number;
  readonly unitLength: boolean;
  /** Edge of the network's input, pixels. */
  readonly size: number;
  readonly weights: 'f32' | 'f16' | 'i8';
  readonly commands: readonly string[];
}

/** Most points of a curve that a page needs. */
const POINTS = 400;

/** The report of a model that was just exported. */
export function trainingReport(
  record: RunRecord,
  codebook: CodebookFile,
  log: readonly LogLine[],
  weights: RunFactsShown['weights'],
): Report {
  const steps = log.filter((line) => line.kind === 'step');
  const lines = steps.length > 1 ? steps : log.filter((line) => line.kind === 'epoch');
  const every = Math.max(1, Math.ceil(lines.length / POINTS));
  const points = lines
    .filter((_, i) => i % every === 0 || i === lines.length - 1)
    .map(({ step, epoch, ...losses }) => {
      const short = (value: unknown): number => Number(Number(value).toPrecision(5));
      return { step, epoch, loss: short(losses.loss), L: short(losses.L), Q: short(losses.Q) };
    });
  const seconds = record.result?.seconds ?? 0;
  return {
    ...emptyReport(codebook),
    run: runFacts(record, weights),
    training: { points, seconds, device: record.device },
  };
}

/** What report and card say of a run. */
export function runFacts(record: RunRecord, weights: RunFactsShown['weights']): RunFactsShown {
  const { identity, facts } = record;
  const { recipe } = identity;
  const noted = facts.backbone;
  const known = noted && catalogued(noted);
  return {
    settings: flatten('', recipe),
    hashes: [
      ['pixels or features, and labels', identity.dataSha256],
      ['graph before learning', identity.graphSha256],
      ...(noted ? [['backbone', noted.sha256] as const] : []),
    ],
    ...(noted && {
      backbone: {
        ...{ name: noted.name, sha256: noted.sha256 },
        ...(known && { licence: known.licence, source: known.source }),
      },
    }),
    unreadable: facts.unreadable ?? 0,
    unitLength: recipe.unitLength,
    size: recipe.size,
    weights,
    commands: [
      ...runCommands(record),
      `npx dqn export ${outOf(record)} --out MODEL${weights === 'f32' ? '' : ` --weights ${weights}`}`,
    ],
  };
}

/** The commands that learn the same again: of the run that it began with, too, where there is one. */
export function runCommands(record: RunRecord): string[] {
  return [...(record.facts.from?.commands ?? []), trainCommand(record)];
}

/** What the n-th run is called in commands. */
const runName = (n: number): string => (n === 1 ? 'RUN' : `RUN${n}`);

function outOf({ facts }: RunRecord): string {
  return runName((facts.from?.commands.length ?? 0) + 1);
}

/** The command of this run alone. */
export function trainCommand(record: RunRecord): string {
  const { identity, facts } = record;
  const { recipe, bits, K, seed, engine } = identity;
  const [name, variant] = recipe.name.split('/');
  const { backbone, from } = facts;
  const cut = backbone && cutOf(backbone);
  const isBehindBackbone = recipe.network.kind === 'head' || backbone !== undefined;
  const options = [
    ['data', facts.data.includes('#') ? 'FOLDER' : facts.data],
    ['protocol', facts.protocol],
    ...(isBehindBackbone ? [['backbone', backbone?.name ?? 'BACKBONE']] : []),
    ...(cut === undefined ? [] : [['cut', cut]]),
    ...(backbone && !catalogued(backbone) ? [['pixels', backbone.pixels]] : []),
    // A network that is there has its size.
    ...(from ? [] : [['size', recipe.size]]),
    ['recipe', name],
    ...(variant === undefined ? [] : [['variant', variant]]),
    ['bits', bits],
    ...(K === 256 ? [] : [['codewords', K]]),
    ...(recipe.epochs === usualEpochs(record, name, isBehindBackbone) ? [] : [['epochs', recipe.epochs]]),
    ['seed', seed],
    ['engine', engine],
    ...(from ? [['from', runName(from.commands.length)]] : []),
  ];
  return `npx dqn train ${options.map(([option, value]) => `--${option} ${shellWord(String(value))}`).join(' ')} --out ${outOf(record)}`;
}

/** `--cut`, where it isn't the features themselves; a backbone that learns whole is cut at its input. */
function cutOf({ cut, features }: BackboneFacts): string | undefined {
  return cut === features ? undefined : (cut ?? 'input');
}

/** The catalogue's file of that content. */
function catalogued({ sha256 }: BackboneFacts): CatalogueFile | undefined {
  return CATALOGUE.flatMap(({ files }) => files).find((file) => file.sha256 === sha256);
}

function usualEpochs(record: RunRecord, name: string, backbone: boolean): number | undefined {
  const { recipe, trainImages } = record.identity;
  try {
    return recipeFor(name, { size: recipe.size, backbone, images: trainImages }).epochs;
  } catch {
    // A recipe of another version.
    return undefined;
  }
}

/** A word as a shell takes it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Leaves of an object by their paths; lists stay whole. */
function flatten(path: string, value: unknown): [string, string][] {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([key, inner]) => flatten(path === '' ? key : `${path}.${key}`, inner));
  }
  if (Array.isArray(value) && value.some((inner) => inner !== null && typeof inner === 'object')) {
    return value.flatMap((inner, i) => flatten(`${path}.${i}`, inner));
  }
  return [[path, Array.isArray(value) ? value.join(', ') : String(value)]];
}
