/**
 * @file What is known of runs, in Redis beside BullMQ's jobs: a record, one bit a finished job, the pictures that can't be
 * encoded.
 *
 * A bit is set once however often a job is done, so counts are exact whatever was killed when. Nothing else is needed to
 * go on with a run: a job whose bit isn't set is put again, and one that is done already ends at once.
 */
import type { Redis } from 'ioredis';
import { TrainerError } from '../errors.ts';
import { jobCount, type Poison, type Run } from './job.ts';

/** A run is forgotten so many seconds after the last that happened in it: 30 days. */
const KEPT_SECONDS = 30 * 24 * 3600;

/** Jobs by which the rate is told. */
const RECENT = 256;

/** Milliseconds that the rate looks back. */
const RATE_WINDOW = 60_000;

/** Where a run stands. */
export interface RunState {
  readonly run: Run;
  readonly isCancelled: boolean;
  /** Bit n, from the highest of the first byte on: whether job n is done. */
  readonly done: Uint8Array;
}

/** How far a run is. */
export interface RunProgress {
  readonly run: Run;
  readonly state: 'running' | 'done' | 'cancelled';
  /** Pictures that were dealt with, the poison among them. */
  readonly done: number;
  readonly poison: number;
  /** Pictures a second of late; of a run that is over, of all of it. */
  readonly perSecond: number;
  /** Undefined while nothing is known of the rate. */
  readonly secondsLeft: number | undefined;
  /** When the last job was finished, milliseconds since 1970. */
  readonly last: number | undefined;
}

/**
 * Of a job: its number, the number of its first picture and of the one behind its last, pictures that were encoded just now,
 * and the poison. The time is Redis's own: workers' clocks differ. A job that was done once already isn't counted again.
 */
const FINISH = `
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
for number = ARGV[2], ARGV[3] - 1 do redis.call('HDEL', KEYS[3], number); redis.call('HDEL', KEYS[5], number) end
for _, one in ipairs(cjson.decode(ARGV[5])) do redis.call('HSET', KEYS[3], one[1], one[2]) end
if redis.call('SETBIT', KEYS[2], ARGV[1], 1) == 0 then
  redis.call('LPUSH', KEYS[4], ms .. ' ' .. ARGV[4])
  redis.call('LTRIM', KEYS[4], 0, ${RECENT - 1})
end
redis.call('HSET', KEYS[1], 'last', ms)
for i = 1, 5 do redis.call('EXPIRE', KEYS[i], ${KEPT_SECONDS}) end
return 1`;

/** The runs of one queue. */
export class Runs {
  readonly #redis: Redis;
  readonly #prefix: string;

  /** @param name the queue's */
  constructor(redis: Redis, name: string) {
    this.#redis = redis;
    this.#prefix = `dqn:runs:${name}`;
  }

  #keys(id: string): [record: string, done: string, poison: string, recent: string, suspects: string] {
    const key = `${this.#prefix}:${id}`;
    return [key, `${key}:done`, `${key}:poison`, `${key}:recent`, `${key}:suspects`];
  }

  /** Begins a run; what was known of it is forgotten. */
  async begin(run: Run): Promise<void> {
    const keys = this.#keys(run.id);
    await this.#redis
      .multi()
      .del(...keys)
      .hset(keys[0], { run: JSON.stringify(run) })
      .expire(keys[0], KEPT_SECONDS)
      .zadd(this.#prefix, run.begun, run.id)
      .sadd(`${this.#prefix}:models`, run.codebookSha256)
      .exec();
  }

  /** Makes it known that somebody works with this codebook. */
  async announce(codebookSha256: string): Promise<void> {
    await this.#redis.sadd(`${this.#prefix}:models`, codebookSha256);
  }

  /** Codebooks of runs and workers that there are or were. */
  models(): Promise<string[]> {
    return this.#redis.smembers(`${this.#prefix}:models`);
  }

  /** Ids of the runs that are known, the latest first. */
  async ids(): Promise<string[]> {
    const all = await this.#redis.zrevrange(this.#prefix, 0, -1);
    const known = await Promise.all(all.map((id) => this.#redis.exists(this.#keys(id)[0])));
    const gone = all.filter((_, i) => known[i] === 0);
    if (gone.length > 0) await this.#redis.zrem(this.#prefix, ...gone);
    return all.filter((_, i) => known[i] === 1);
  }

  /** Undefined for a run that isn't known (any more). */
  async read(id: string): Promise<RunState | undefined> {
    const [record, done] = this.#keys(id);
    const [[text, cancelled], bits] = await Promise.all([
      this.#redis.hmget(record, 'run', 'cancelled'),
      this.#redis.getBuffer(done),
    ]);
    if (text === null) return undefined;
    return { run: JSON.parse(text) as Run, isCancelled: cancelled !== null, done: bits ?? new Uint8Array(0) };
  }

  /** What a worker asks before it begins a job: the run, unless there is nothing (left) to do for it. */
  async wanted(id: string, job: number): Promise<Run | undefined> {
    const [record, done] = this.#keys(id);
    const [[text, cancelled], bit] = await Promise.all([
      this.#redis.hmget(record, 'run', 'cancelled'),
      this.#redis.getbit(done, job),
    ]);
    return text === null || cancelled !== null || bit === 1 ? undefined : (JSON.parse(text) as Run);
  }

  /**
   * Notes that a job is done, and which of its pictures the gallery doesn't have.
   *
   * @param pictures that were dealt with just now
   */
  async finish(run: Run, job: number, pictures: number, poison: readonly Poison[]): Promise<void> {
    const from = job * run.size;
    const to = Math.min(from + run.size, run.pictures);
    const list = JSON.stringify(poison.map((one) => [one.number, JSON.stringify(one)]));
    await this.#redis.eval(FINISH, 5, ...this.#keys(run.id), job, from, to, pictures, list);
  }

  /** Counts a try of a picture during which the worker may die; 1 the first time. */
  suspect(id: string, number: number): Promise<number> {
    return this.#redis.hincrby(this.#keys(id)[4], String(number), 1);
  }

  /** The worker lives. */
  async acquit(id: string, number: number): Promise<void> {
    await this.#redis.hdel(this.#keys(id)[4], String(number));
  }

  /** The pictures that couldn't be encoded, by their number. */
  async poison(id: string): Promise<Poison[]> {
    const texts = await this.#redis.hvals(this.#keys(id)[2]);
    return texts.map((text) => JSON.parse(text) as Poison).sort((a, b) => a.number - b.number);
  }

  /** Makes a job count as not done, before it is put once more. */
  async reopen(id: string, job: number): Promise<void> {
    await this.#redis.setbit(this.#keys(id)[1], job, 0);
  }

  async cancel(id: string): Promise<void> {
    await this.#redis.hset(this.#keys(id)[0], 'cancelled', Date.now());
  }

  /** @throws {TrainerError} RUN_NOT_FOUND */
  async progress(id: string): Promise<RunProgress> {
    const [record, , poisonKey, recentKey] = this.#keys(id);
    const [state, poison, recent, last, time] = await Promise.all([
      this.read(id),
      this.#redis.hlen(poisonKey),
      this.#redis.lrange(recentKey, 0, -1),
      this.#redis.hget(record, 'last'),
      this.#redis.time(),
    ]);
    if (!state)
      throw new TrainerError('RUN_NOT_FOUND', `no run ${id} in this queue: dqn queue status names those there are`);
    const { run, isCancelled } = state;
    const done = doneCount(state);
    const isDone = done === run.pictures;
    const now = Number(time[0]) * 1000 + Number(time[1]) / 1000;
    const ended = last === null ? undefined : Number(last);
    const perSecond =
      isDone && ended !== undefined ? done / Math.max(0.001, (ended - run.begun) / 1000) : rateOf(recent, now);
    return {
      run,
      state: isDone ? 'done' : isCancelled ? 'cancelled' : 'running',
      done,
      poison,
      perSecond,
      secondsLeft: isDone ? 0 : perSecond > 0 ? (run.pictures - done) / perSecond : undefined,
      last: ended,
    };
  }
}

/** Whether a job's bit is set. */
export function isDone(done: Uint8Array, job: number): boolean {
  return ((done[job >> 3] ?? 0) & (0x80 >> (job & 7))) !== 0;
}

/** Pictures of the jobs that are done. */
function doneCount({ run, done }: RunState): number {
  const jobs = jobCount(run);
  let count = 0;
  for (let job = 0; job < jobs; job++) if (isDone(done, job)) count++;
  const lacking = jobs * run.size - run.pictures;
  return count * run.size - (isDone(done, jobs - 1) ? lacking : 0);
}

/** Pictures a second, from the jobs finished of late: `MS PICTURES`, the latest first. */
function rateOf(recent: readonly string[], now: number): number {
  const entries = recent.map((text) => text.split(' ').map(Number)).filter(([ms]) => now - ms < RATE_WINDOW);
  if (entries.length < 2) return 0;
  // The oldest only says when counting begins.
  const pictures = entries.slice(0, -1).reduce((sum, [, count]) => sum + count, 0);
  return pictures / Math.max(0.001, (now - entries.at(-1)![0]) / 1000);
}
