/** @file What can go wrong on the server: one table of codes, messages for people, HTTP status, problem details. */

/**
 * | code | HTTP | when |
 * |---|---|---|
 * | `BAD_REQUEST` | 400 | parameters or body that the schema refuses |
 * | `UNAUTHORIZED` | 401 | no API key, or one that isn't known |
 * | `FORBIDDEN` | 403 | a key without the role that this needs, or a page of another site |
 * | `NO_PICTURE` | 400 | a multipart body or an image body without a picture |
 * | `NOT_FOUND` | 404 | no such path, row or id |
 * | `METHOD_NOT_ALLOWED` | 405 | a path that is there, asked by another method |
 * | `TOO_SLOW` | 408 | a body that didn't arrive in time |
 * | `TOO_LARGE` | 413 | more bytes, pixels, items or hits than the limit |
 * | `UNSUPPORTED_MEDIA` | 415 | a content type that isn't an image, multipart or JSON, or bytes that no decoder reads |
 * | `URL_REFUSED` | 403 | an image by a URL that the allow-list doesn't hold |
 * | `URL_FAILED` | 422 | an image by a URL that gives none |
 * | `RATE_LIMITED` | 429 | more requests a second than one caller may send; `retryAfter` |
 * | `HEADERS_TOO_LARGE` | 431 | a path, a query string and headers of more than 16 KiB |
 * | `CALLER_GONE` | 499 | the caller hung up; nobody reads it |
 * | `TIMEOUT` | 503 | the request took longer than the limit and was given up |
 * | `NO_GALLERY` | 409 | a search without a gallery |
 * | `MODEL_NOT_FOUND` | 500 | the model folder or one of its files is missing |
 * | `GALLERY_NOT_FOUND` | 500 | the gallery file is missing |
 * | `PROVIDER_UNAVAILABLE` | 500 | the execution provider that was asked for doesn't start here |
 * | `SESSION_FAILED` | 500 | ONNX Runtime failed in its thread |
 * | `BAD_CONFIG` | – | a setting that isn't one, or has a value that can't be |
 * | `BAD_KEYS` | – | a key file that can't be read |
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
 * | `SHARD_DOWN` | 503 | a shard of the database that keeps the gallery doesn't answer; the message names it |
 * | `STORE_UNREACHABLE` | 503 | the database that keeps the gallery can't be reached, or by no trusted TLS |
 * | `STORE_DENIED` | 500 | the database refuses the user |
 * | `STORE_MISMATCH` | 500 | the database is too old, or its tables are of another schema version or another cluster |
 * | `STORE_FAILED` | 500 | the database failed otherwise |
 * | `UNAVAILABLE` | 503 | ONNX Runtime's thread ended and can't be started for now; searches by vector go on; `retryAfter` |
 * | `OVERLOADED` | 503 | more is asked than can be answered in time; `retryAfter` says when to try again |
 */
export const STATUS = {
  BAD_REQUEST: 400,
  NO_PICTURE: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  URL_REFUSED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  TOO_SLOW: 408,
  NO_GALLERY: 409,
  TOO_LARGE: 413,
  UNSUPPORTED_MEDIA: 415,
  URL_FAILED: 422,
  RATE_LIMITED: 429,
  HEADERS_TOO_LARGE: 431,
  CALLER_GONE: 499,
  TIMEOUT: 503,
  BAD_CONFIG: 500,
  BAD_KEYS: 500,
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
  SHARD_DOWN: 503,
  STORE_UNREACHABLE: 503,
  STORE_DENIED: 500,
  STORE_MISMATCH: 500,
  STORE_FAILED: 500,
  UNAVAILABLE: 503,
  OVERLOADED: 503,
} as const;

/** The codes of the table above. */
export type ServerCode = keyof typeof STATUS;

/** The one error class of this package. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly code: ServerCode;
  /** Whole seconds after which it is worth another try, of `OVERLOADED`, `RATE_LIMITED` and `WRITES_REFUSED`. */
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

/** Statuses of errors that are thrown with nothing but a status. */
const BY_STATUS: Readonly<Record<number, ServerCode>> = {
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  408: 'TOO_SLOW',
  413: 'TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA',
  429: 'RATE_LIMITED',
};

/** Where it says nothing itself, a caller that was turned away because of load comes back after this many seconds. */
const RETRY_AFTER = 1;

/** The body of every error over HTTP: problem details (RFC 9457), with our code. */
export interface Problem {
  /** `urn:dqn:problem:` and the code in small letters. */
  readonly type: string;
  /** The code in words; the same for all errors of one code. */
  readonly title: string;
  readonly status: number;
  /** What was wrong this time, what was expected, what to do. */
  readonly detail: string;
  readonly code: string;
  /** As in the reply's `x-request-id` and in the log. */
  readonly requestId?: string;
}

/**
 * Status and code for an error, and how long to wait before another try: the caller's own mistakes are explained, what is
 * ours is not spelled out.
 */
export function explain(error: unknown): {
  status: number;
  code: string;
  detail: string;
  retryAfter: number | undefined;
} {
  const { code, statusCode, retryAfter } = (error ?? {}) as {
    code?: unknown;
    statusCode?: unknown;
    retryAfter?: number;
  };
  const detail = error instanceof Error ? error.message : String(error);
  const as = (known: string, status: number) => ({
    status,
    code: known,
    detail,
    retryAfter: status === 503 || status === 429 ? (retryAfter ?? RETRY_AFTER) : undefined,
  });
  if (error instanceof ServerError && !OURS.has(error.code)) return as(error.code, STATUS[error.code]);
  if (typeof code === 'string') {
    if (Object.hasOwn(CALLERS_FAULT, code)) return as(code, CALLERS_FAULT[code]);
    if (Object.hasOwn(FASTIFY, code)) return as(FASTIFY[code], STATUS[FASTIFY[code]]);
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return as(BY_STATUS[statusCode] ?? 'BAD_REQUEST', statusCode);
  }
  const known = error instanceof ServerError ? error.code : 'INTERNAL';
  return { status: 500, code: known, detail: 'The server failed; its log says why.', retryAfter: undefined };
}

/** Codes whose message names files or settings of the server: the log has it, the caller doesn't. */
const OURS: ReadonlySet<ServerCode> = new Set(
  (Object.keys(STATUS) as ServerCode[]).filter((code) => STATUS[code] === 500),
);

/** The body for an error. */
export function problemOf(error: unknown, requestId?: string): Problem {
  const { status, code, detail } = explain(error);
  return {
    type: `urn:dqn:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: code[0] + code.slice(1).toLowerCase().replaceAll('_', ' '),
    status,
    detail,
    code,
    ...(requestId !== undefined && { requestId }),
  };
}
