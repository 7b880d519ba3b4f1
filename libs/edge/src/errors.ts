/** @file What can go wrong inside a page. */

/**
 * | code | when |
 * |---|---|
 * | `FETCH_FAILED` | a file didn't arrive: no network, or the server answered with an error |
 * | `STALLED` | a connection on which nothing came any more |
 * | `FILE_CHANGED` | the gallery changed on the server between two reads |
 * | `NOT_A_PICTURE` | the browser can't decode what was given |
 * | `PICTURE_TOO_LARGE` | more pixels than a page should hold |
 * | `NO_PROVIDER` | neither WebGPU nor wasm starts in this browser |
 * | `THREAD_FAILED` | the worker didn't start, or ended on its own |
 * | `BAD_OPTION` | an option outside its range |
 * | `STORAGE_FULL` | the browser's storage for this page is full |
 * | `STORAGE_DENIED` | the browser keeps nothing for this page, or couldn't write |
 * | `NO_OWN` | own pictures, where openRetriever wasn't given `own` |
 * | `BAD_ITEM` | an own picture whose id or labels can't be kept |
 * | `CLOSED` | used after close() |
 */
export type EdgeCode =
  | 'FETCH_FAILED'
  | 'STALLED'
  | 'FILE_CHANGED'
  | 'NOT_A_PICTURE'
  | 'PICTURE_TOO_LARGE'
  | 'NO_PROVIDER'
  | 'THREAD_FAILED'
  | 'BAD_OPTION'
  | 'STORAGE_FULL'
  | 'STORAGE_DENIED'
  | 'NO_OWN'
  | 'BAD_ITEM'
  | 'CLOSED';

/** The one error class of this package. */
export class EdgeError extends Error {
  override readonly name = 'EdgeError';
  readonly code: EdgeCode;

  constructor(code: EdgeCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** An error as it crosses from the worker to the page. */
export interface PlainError {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/** Takes an error apart, for postMessage. */
export function toPlain(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', code: '', message: String(error) };
  const code = 'code' in error ? String(error.code) : '';
  return { name: error.name, code, message: error.message };
}

/**
 * Puts it together again. Errors of the packages below keep their name and code, not their class: their code is only
 * loaded in the worker.
 */
export function fromPlain({ name, code, message }: PlainError): Error {
  if (name === 'EdgeError') return new EdgeError(code as EdgeCode, message);
  if (name === 'AbortError') return new DOMException(message, name);
  return Object.assign(new Error(message), { name, code });
}

/** What a worker's own failure is called. */
export function threadFailed(event: ErrorEvent): EdgeError {
  const reason = event.message || 'its script could not be loaded';
  return new EdgeError('THREAD_FAILED', `The page's worker failed: ${reason}. Load the page again.`, {
    cause: event.error,
  });
}
