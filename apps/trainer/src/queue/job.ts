/** @file What is put into a queue: runs, which are cut into jobs of pictures. */

/** Where the pictures of a run lie, for whoever reads them: `place` and `at` mean what the kind says. */
export interface Source {
  /**
   * - `files`: `place` is a folder, `at` a path in it (or an absolute one);
   * - `bucket`: `place` is `s3://BUCKET/PREFIX`, `at` a key below it;
   * - `dataset`: `place` is a tar archive, or a data set that each host has under this name, such as cifar10; `at` is a row.
   */
  readonly kind: 'files' | 'bucket' | 'dataset';
  readonly place: string;
  /** What tells the right content from another that lies at the same place, where that can be told; else empty. */
  readonly digest: string;
}

/** A picture to be encoded. */
export interface PictureRef {
  /** Its number in the run, from 0 on. */
  readonly number: number;
  /** Id of the item that it becomes. */
  readonly id: string;
  readonly at: string;
  /** Names of classes. */
  readonly labels: readonly string[];
}

/** A run: pictures that go into one gallery. */
export interface Run {
  /** Made of the content, so that the same pictures, put once more, are the same run. */
  readonly id: string;
  readonly source: Source;
  readonly codebookSha256: string;
  /** Pictures in all. */
  readonly pictures: number;
  /** Pictures a job; job n has those from n · size on. */
  readonly size: number;
  readonly thumbnails: boolean;
  /** When it was put, milliseconds since 1970. */
  readonly begun: number;
}

/** A job, as it is in the queue. */
export interface JobData {
  readonly run: string;
  /** Number of the job in its run. */
  readonly job: number;
  /** Those of the job that are still to be encoded. */
  readonly pictures: readonly PictureRef[];
}

/** A picture that could not be encoded, or that the gallery doesn't take. */
export interface Poison extends PictureRef {
  readonly code: string;
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly when: number;
}

/** Jobs of a run. */
export function jobCount({ pictures, size }: Pick<Run, 'pictures' | 'size'>): number {
  return Math.ceil(pictures / size);
}

/** Name of a job in BullMQ: putting it again while it is there changes nothing. */
export function jobId(run: string, job: number): string {
  return `${run}-${job}`;
}
