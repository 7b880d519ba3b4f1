/** @file A data set whose pictures are image files: what folders, lists, miml2000 and emoji have in common. */
import { createHash } from 'node:crypto';
import { checkRow, countClasses, type Dataset, type Picture } from './dataset.ts';
import { DataError } from './errors.ts';
import { decodePicture } from './picture.ts';

/** One picture of a {@link FileDataset}. */
export interface FileEntry {
  id: string;
  /** Absolute or relative path of the image file. */
  path: string;
  /** Class indices. */
  labels: number[];
  group?: string;
  split?: 'train' | 'test';
}

/** What {@link FileDataset} is made of. */
export interface FileDatasetOptions {
  name: string;
  classes: string[];
  entries: FileEntry[];
  /** Where the data comes from, for error messages. */
  source: string;
  /** A picture may be without labels (a gallery needs none). */
  labelsOptional?: boolean;
  /** How a picture is read that is no file of its own, such as a member of an archive. */
  decode?: (entry: FileEntry, signal?: AbortSignal) => Promise<Picture>;
  /** What was odd about the source, for people. */
  warnings?: readonly string[];
}

const NAMED = 5;

/** Pictures in files, labels in memory. */
export class FileDataset implements Dataset {
  readonly name: string;
  readonly classes: string[];
  readonly warnings: readonly string[];
  readonly #entries: FileEntry[];
  readonly #decode: FileDatasetOptions['decode'];

  /** @throws {DataError} NO_IMAGES, NO_CLASSES, IMAGE_WITHOUT_LABEL */
  constructor(options: FileDatasetOptions) {
    const { name, classes, entries, source, labelsOptional = false, warnings = [] } = options;
    if (entries.length === 0) {
      throw new DataError('NO_IMAGES', `${source} holds no pictures (${'jpg, png, webp, gif, avif, tiff'})`);
    }
    if (!labelsOptional) checkLabelled(source, classes, entries);
    this.name = name;
    this.classes = classes;
    this.#decode = options.decode;
    this.#entries = entries.map((entry) => ({ ...entry, labels: [...new Set(entry.labels)].sort((a, b) => a - b) }));
    this.warnings = [...warnings, ...(labelsOptional ? [] : warnAboutSmallClasses(this))];
  }

  get length(): number {
    return this.#entries.length;
  }

  id(row: number): string {
    return this.#entry(row).id;
  }

  labels(row: number): readonly number[] {
    return this.#entry(row).labels;
  }

  group(row: number): string {
    const entry = this.#entry(row);
    return entry.group ?? entry.id;
  }

  split(row: number): 'train' | 'test' | undefined {
    return this.#entry(row).split;
  }

  path(row: number): string | undefined {
    const { path } = this.#entry(row);
    return this.#decode ? undefined : path;
  }

  read(row: number, signal?: AbortSignal): Promise<Picture> {
    const entry = this.#entry(row);
    return this.#decode?.(entry, signal) ?? decodePicture(entry.path, { signal });
  }

  describe(): string {
    const hash = createHash('sha256').update(JSON.stringify(this.classes));
    for (const { id, labels } of this.#entries) hash.update(`${id}\0${labels.join(',')}\n`);
    return `${this.name}: ${this.length} pictures, ${this.classes.length} classes, ${hash.digest('hex')}`;
  }

  #entry(row: number): FileEntry {
    checkRow(this.name, row, this.#entries.length);
    return this.#entries[row];
  }
}

function checkLabelled(source: string, classes: string[], entries: FileEntry[]): void {
  if (classes.length === 0) {
    throw new DataError(
      'NO_CLASSES',
      `${source} has ${entries.length} pictures and no class: put them into one folder a class, or add a labels.csv`,
    );
  }
  const bare = entries.filter((entry) => entry.labels.length === 0);
  if (bare.length > 0) {
    throw new DataError(
      'IMAGE_WITHOUT_LABEL',
      `${source}: ${bare.length} of ${entries.length} pictures have no label (${some(bare.map((entry) => entry.id))}): label them or take them out`,
    );
  }
}

function warnAboutSmallClasses(dataset: Dataset): string[] {
  const counts = countClasses(dataset);
  const single = dataset.classes.filter((_, label) => counts[label] === 1);
  if (single.length === 0) return [];
  return [
    single.length === 1
      ? `class ${single[0]} has one picture: it is trained on, but nothing similar can be found for it`
      : `${single.length} classes have one picture (${some(single)}): they are trained on, but nothing similar can be found for them`,
  ];
}

/** The first few names, and how many more there are. */
function some(names: string[]): string {
  const more = names.length - NAMED;
  return names.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
