/** @file What can go wrong on the server: one table of codes, messages for people, HTTP status. */

/**
 * | code | HTTP | when |
 * |---|---|---|
 * | `BAD_REQUEST` | 400 | parameters or body that the schema refuses |
 * | `NO_PICTURE` | 400 | a multipart body or an image body without a picture |
 * | `NOT_FOUND` | 404 | no such path, row or id |
 * | `TOO_LARGE` | 413 | more bytes or pixels than the limit |
 * | `UNSUPPORTED_MEDIA` | 415 | a content type that isn't an image, multipart or JSON, or bytes that no decoder reads |
 * | `NO_GALLERY` | 409 | a search without a gallery |
 * | `MODEL_NOT_FOUND` | 500 | the model folder or one of its files is missing |
 * | `GALLERY_NOT_FOUND` | 500 | the gallery file is missing |
 * | `PROVIDER_UNAVAILABLE` | 500 | the execution provider that was asked for doesn't start here |
 * | `SESSION_FAILED` | 500 | ONNX Runtime failed in its thread |
 * | `PORT_IN_USE` | – | another program listens at this address |
 * | `LISTEN_FAILED` | – | the address can't be listened at |
 * | `INTERNAL` | 500 | anything else; the log has the details |
 * | `CLOSED` | 503 | the retriever was closed |
 * | `BAD_ITEM` | 400 | an item whose id, code, labels, metadata or thumbnail can't be kept |
 * | `BAD_QUERY` | 400 | a query that can't be answered: its length, numbers that aren't finite, k, offset, distance |
 * | `BAD_FILTER` | 400 | a filter that can't be understood |
 * | `UNKNOWN_LABEL` | 404 | a filter names a class that the gallery doesn't have |
 * | `READ_ONLY` | 403 | a write to a gallery that was opened to be read |
 * | `WRITES_REFUSED` | 503 | the disk is full or fails: nothing is written until it has recovered; searches go on |
 * | `JOURNAL_DAMAGED` | 500 | an acknowledged write can't be read back from the journal |
 * | `JOURNAL_MISMATCH` | 500 | the gallery file isn't the one that the journal beside it continues |
 * | `OVERLOADED` | 503 | more is asked than can be answered in time; `retryAfter` says when to try again |
 */
export const STATUS = {
  BAD_REQUEST: 400,
  NO_PICTURE: 400,
  NOT_FOUND: 404,
  NO_GALLERY: 409,
  TOO_LARGE: 413,
  UNSUPPORTED_MEDIA: 415,
  MODEL_NOT_FOUND: 500,
  GALLERY_NOT_FOUND: 500,
  PROVIDER_UNAVAILABLE: 500,
  SESSION_FAILED: 500,
  PORT_IN_USE: 500,
  LISTEN_FAILED: 500,
  INTERNAL: 500,
  CLOSED: 503,
  BAD_ITEM: 400,
  BAD_QUERY: 400,
  BAD_FILTER: 400,
  UNKNOWN_LABEL: 404,
  READ_ONLY: 403,
  WRITES_REFUSED: 503,
  JOURNAL_DAMAGED: 500,
  JOURNAL_MISMATCH: 500,
  OVERLOADED: 503,
} as const;

/** The codes of the table above. */
export type ServerCode = keyof typeof STATUS;

/** The one error class of this package. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly code: ServerCode;
  /** Whole seconds after which it is worth another try, of `OVERLOADED` and `WRITES_REFUSED`. */
  readonly retryAfter: number | undefined;

  constructor(code: ServerCode, message: string, options?: { cause?: unknown; retryAfter?: number }) {
    super(message, options);
    this.code = code;
    this.retryAfter = options?.retryAfter;
  }
}

/** Codes of the packages below that are the caller's doing, with the status they get over HTTP. */
const CALLERS_FAULT: Readonly<Record<string, number>> = {
  VECTOR_LENGTH: 400,
  NOT_FINITE: 400,
  BAD_OPTION: 400,
  BAD_SHAPE: 400,
  BAD_PICTURE: 400,
  UNKNOWN_ID: 404,
  UNKNOWN_LABEL: 404,
  UNREADABLE_PICTURE: 415,
  PICTURE_TOO_LARGE: 413,
};

/** What fastify and its plugins call what we call otherwise. */
const FASTIFY: Readonly<Record<string, ServerCode>> = {
  FST_ERR_VALIDATION: 'BAD_REQUEST',
  FST_ERR_CTP_BODY_TOO_LARGE: 'TOO_LARGE',
  FST_REQ_FILE_TOO_LARGE: 'TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA',
};

/** The body of every error over HTTP. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
}

/**
 * Status and body for an error: the caller's own mistakes are explained, what is ours is not spelled out.
 */
export function httpError(error: unknown): { status: number; body: ErrorBody } {
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ServerError) return { status: STATUS[error.code], body: { code: error.code, message } };
  if (typeof code === 'string') {
    if (Object.hasOwn(CALLERS_FAULT, code)) return { status: CALLERS_FAULT[code], body: { code, message } };
    if (Object.hasOwn(FASTIFY, code)) return { status: STATUS[FASTIFY[code]], body: { code: FASTIFY[code], message } };
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, body: { code: statusCode === 413 ? 'TOO_LARGE' : 'BAD_REQUEST', message } };
  }
  return { status: 500, body: { code: 'INTERNAL', message: 'The server failed; its log says why.' } };
}
