/** @file An open queue: its Redis, its runs, and BullMQ's part of it for one codebook. */
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { type QueueAddress, readQueueAddress } from './address.ts';
import type { JobData } from './job.ts';
import { openRedis } from './redis.ts';
import { Runs } from './runs.ts';

/** Before every key of BullMQ's. */
export const PREFIX = 'dqn';

/** How often a job is tried. */
const ATTEMPTS = 4;

/** How to open a queue. */
export interface OpenQueueOptions {
  /** Hears when Redis is lost, and when it is back. */
  readonly onChange?: ((event: 'lost' | 'back') => void) | undefined;
  /** Milliseconds until a job is tried the second time; each later time they double. Default 1,000. */
  readonly backoff?: number | undefined;
}

/** An open queue. It holds a connection: close() it. */
export interface OpenQueue extends AsyncDisposable {
  readonly address: QueueAddress;
  readonly redis: Redis;
  readonly runs: Runs;
  /** BullMQ's queue of those who have this codebook: jobs of two models never meet. */
  jobs(codebookSha256: string): Queue<JobData>;
  close(): Promise<void>;
}

/**
 * Opens a queue.
 *
 * @param url see {@link readQueueAddress}
 * @throws {TrainerError} WRONG_USAGE, QUEUE_UNREACHABLE
 */
export async function openQueue(url: string, options: OpenQueueOptions = {}): Promise<OpenQueue> {
  const { onChange, backoff = 1000 } = options;
  const address = readQueueAddress(url);
  const redis = await openRedis(address, onChange);
  const queues = new Map<string, Queue<JobData>>();
  const close = async (): Promise<void> => {
    await Promise.all([...queues.values()].map((queue) => queue.close()));
    redis.removeAllListeners('close').disconnect();
  };
  return {
    address,
    redis,
    runs: new Runs(redis, address.name),
    jobs(codebookSha256) {
      const name = jobsName(address, codebookSha256);
      let queue = queues.get(name);
      if (!queue) {
        queue = new Queue<JobData>(name, {
          connection: redis,
          prefix: PREFIX,
          streams: { events: { maxLen: 100 } },
          defaultJobOptions: {
            attempts: ATTEMPTS,
            backoff: { type: 'exponential', delay: backoff },
            removeOnComplete: true,
            // Whoever follows the run sees that its bit isn't set, and puts it again.
            removeOnFail: true,
          },
        });
        // The connection tells of itself.
        queue.on('error', () => {});
        queues.set(name, queue);
      }
      return queue;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Name of BullMQ's queue. */
export function jobsName({ name }: Pick<QueueAddress, 'name'>, codebookSha256: string): string {
  return `${name}-${codebookSha256.slice(0, 16)}`;
}
