/**
 * @file The log of a run: a JSON object a line, appended.
 */

import { appendFile, readFile } from 'node:fs/promises';
import { writeFileAtomic } from '@dqn/format/node';
import { cantWrite } from './errors.ts';
import type { EpochReport } from './loop.ts';
import { STEPS_SHOWN, type TrainProgress } from './progress.ts';

/** One line; `step` and `epoch` count from 1. `seconds` of learning so far, over all sessions. */
export interface LogLine {
  readonly kind: 'step' | 'epoch' | 'end';
  readonly step: number;
  readonly epoch: number;
  readonly [field: string]: unknown;
}

/** Appends lines to log.jsonl. */
export class RunLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** A line for every {@link STEPS_SHOWN}th step: means over those steps. */
  async step(progress: TrainProgress, seconds: number): Promise<void> {
    if (progress.step % STEPS_SHOWN !== 0) return;
    const { step, epoch, loss, L, Q, learningRate, imagesPerSecond } = progress;
    await this.#write({ kind: 'step', step, epoch, loss, L, Q, learningRate, imagesPerSecond, seconds });
  }

  /** A line for an epoch: means over its steps. */
  async epoch(report: EpochReport, seconds: number): Promise<void> {
    const { step, epoch, loss, L, Q } = report;
    await this.#write({ kind: 'epoch', step, epoch: epoch + 1, loss, L, Q, seconds });
  }

  /** The last line. */
  async end(line: Omit<LogLine, 'kind'> & { readonly step: number; readonly epoch: number }): Promise<void> {
    await this.#write({ kind: 'end', ...line });
  }

  async #write(line: LogLine): Promise<void> {
    try {
      await appendFile(this.#path, `${JSON.stringify(line)}\n`);
    } catch (error) {
      throw cantWrite(this.#path, error);
    }
  }

  /** Drops what was logged after `step`, and half a line that a killed process left. */
  async rewind(step: number): Promise<void> {
    const kept = (await readLog(this.#path)).filter((line) => line.step <= step && line.kind !== 'end');
    const text = kept.map((line) => `${JSON.stringify(line)}\n`).join('');
    await writeFileAtomic(this.#path, new TextEncoder().encode(text));
  }
}

/** The lines of a log; none where there is no file. A last line that was cut off is left out. */
export async function readLog(path: string): Promise<LogLine[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return text
    .split('\n')
    .filter((line) => line.length > 0)
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as LogLine];
      } catch {
        return [];
      }
    });
}
