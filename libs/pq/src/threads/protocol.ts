/** @file What the threads say to each other, and errors in a form that travels. */
import { type PqCode, PqError } from '../errors.ts';

/** To a worker: first `begin`, then one job after another. */
export type ToWorker =
  | {
      readonly kind: 'begin';
      /** [1]: the number of the job that is not wanted any more; undefined where no memory can be shared. */
      readonly unwanted: Int32Array | undefined;
    }
  | { readonly kind: 'job'; readonly job: number; readonly task: string; readonly input: unknown };

/** From a worker. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly job: number; readonly done: number }
  | { readonly kind: 'result'; readonly job: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly job: number; readonly error: PlainError };

/** An error without its class, which doesn't survive the way from thread to thread. */
export interface PlainError {
  readonly code: PqCode | undefined;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
}

export function toPlain(error: unknown): PlainError {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return { code: error instanceof PqError ? error.code : undefined, name, message, stack };
}

/** The error as it was thrown: a PqError with its code, or an Error with its name; the stack is the worker's. */
export function fromPlain({ code, name, message, stack }: PlainError): Error {
  const error = code === undefined ? new Error(message) : new PqError(code, message);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}
