/**
 * @file A thread of ONNX Runtime that is replaced when it dies.
 *
 * What it was at work on is run again once: a task that takes two threads with it isn't given to a third. While no thread
 * can be started, tasks are refused at once, and one is tried again and again, ever more rarely.
 */
import type { SessionLike, TensorLike } from '@dqn/runtime';
import { ServerError } from '../errors.ts';
import type { Outputs, Pixels, Ready, Task, ThreadStart } from './messages.ts';
import type { Observe, ThreadRole } from './observe.ts';
import { closed, Thread, ThreadEnded } from './thread.ts';

/** Milliseconds before the next try, after a thread that didn't start or didn't last; doubled up to the second. */
const PAUSE = [500, 30_000] as const;

/** A thread that lasted this long, in milliseconds, is replaced without a pause. */
const LASTED = 10_000;

/** Milliseconds after which a task hangs: a driver that waits for its device, say. Its thread is ended, as if it had died. */
export const HANGS = 120_000;

/** Times that a task is run. */
const TRIES = 2;

/** A session in a thread of its own, whichever thread that is. */
export class KeptThread implements SessionLike {
  readonly ready: Ready;
  readonly #start: ThreadStart;
  readonly #role: ThreadRole;
  readonly #observe: Observe;
  #thread: Thread | undefined;
  /** Resolves when there is a thread again, or is known not to be. */
  #replacing: Promise<void> = Promise.resolve();
  /** Why there is no thread, between a failed try and the next that works. */
  #down: string | undefined;
  #since = performance.now();
  #pause = 0;
  #timer: NodeJS.Timeout | undefined;
  #released = false;

  private constructor(thread: Thread, start: ThreadStart, role: ThreadRole, observe: Observe) {
    this.ready = thread.ready;
    // What was chosen stays: a provider that isn't there any more is trouble, not a reason to become slower in silence.
    this.#start = { ...start, providers: [thread.ready.provider] };
    this.#role = role;
    this.#observe = observe;
    this.#keep(thread);
  }

  /** @throws as Thread.start */
  static async open(start: ThreadStart, role: ThreadRole, observe: Observe = () => {}): Promise<KeptThread> {
    return new KeptThread(await Thread.start(start), start, role, observe);
  }

  get inputNames(): readonly string[] {
    return this.ready.inputNames;
  }
  get outputNames(): readonly string[] {
    return this.ready.outputNames;
  }
  get inputMetadata(): Ready['inputMetadata'] {
    return this.ready.inputMetadata;
  }
  get outputMetadata(): Ready['outputMetadata'] {
    return this.ready.outputMetadata;
  }

  /** Why tasks are refused at present; undefined while they aren't. */
  get down(): string | undefined {
    return this.#down;
  }

  /** @throws ServerError `SESSION_FAILED`, `UNAVAILABLE`, `CLOSED` */
  async run(feeds: Readonly<Record<string, TensorLike>>): Promise<Readonly<Record<string, TensorLike>>> {
    const plain: Record<string, TensorLike> = {};
    for (const [name, { type, data, dims }] of Object.entries(feeds)) plain[name] = { type, data, dims };
    const { outputs } = (await this.ask(() => [{ kind: 'run', feeds: plain }])) as Outputs;
    return outputs;
  }

  /**
   * @param make the task, and what of it is handed over rather than copied; called again where the task is run again
   * @throws as `run`, and DataError and RuntimeError of a picture
   */
  async ask(make: () => [task: Task, transfer?: readonly ArrayBuffer[]]): Promise<Outputs | Pixels> {
    for (let tries = 1; ; tries++) {
      await this.#replacing;
      if (this.#released) throw closed();
      const thread = this.#thread;
      if (!thread) throw this.#unavailable();
      const watch = setTimeout(() => void thread.kill(), HANGS).unref();
      try {
        return await thread.ask(...make());
      } catch (error) {
        if (!(error instanceof ThreadEnded)) throw error;
        if (tries < TRIES) continue;
        const message = `The thread of ONNX Runtime ended twice under this task: ${error.message}`;
        throw new ServerError('SESSION_FAILED', message, { cause: error });
      } finally {
        clearTimeout(watch);
      }
    }
  }

  async release(): Promise<void> {
    this.#released = true;
    clearTimeout(this.#timer);
    await this.#replacing;
    await this.#thread?.release();
  }

  /** Ends the thread of the moment at once, as a crash would. */
  async kill(): Promise<void> {
    await this.#thread?.kill();
  }

  #keep(thread: Thread): void {
    this.#thread = thread;
    this.#down = undefined;
    this.#since = performance.now();
    void thread.ended.then((reason) => {
      this.#observe({ kind: 'thread', event: 'died', role: this.#role, reason });
      this.#thread = undefined;
      if (this.#released) return;
      if (performance.now() - this.#since > LASTED) this.#pause = 0;
      if (this.#pause === 0) this.#replace(reason);
      else this.#later(reason);
      this.#pause = Math.min(this.#pause * 2 || PAUSE[0], PAUSE[1]);
    });
  }

  #replace(reason: string): void {
    this.#replacing = Thread.start(this.#start).then(
      (thread) => {
        this.#keep(thread);
        this.#observe({ kind: 'thread', event: 'replaced', role: this.#role, reason });
      },
      (error: Error) => {
        this.#later(error.message);
        this.#pause = Math.min(this.#pause * 2 || PAUSE[0], PAUSE[1]);
      },
    );
  }

  #later(reason: string): void {
    this.#down = reason;
    if (this.#released) return;
    this.#timer = setTimeout(() => this.#replace(reason), this.#pause || PAUSE[0]);
    this.#timer.unref();
  }

  #unavailable(): ServerError {
    return new ServerError(
      'UNAVAILABLE',
      `The ${this.#role === 'network' ? 'network' : 'preprocessing'} can't run at present: ${this.#down}`,
      { retryAfter: Math.ceil((this.#pause || PAUSE[0]) / 1000) },
    );
  }
}
