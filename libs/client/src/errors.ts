/** @file What can go wrong between a client and its server. */

/**
 * | code | when |
 * |---|---|
 * | `BAD_OPTION` | a client without the server's address |
 * | `UNREACHABLE` | no connection, or it broke |
 * | `BAD_REPLY` | an answer that isn't the service's: another program listens there, or a proxy has its say |
 * | any other | the server's own: its OpenAPI document and its log know them, such as `UNREADABLE_PICTURE` or `OVERLOADED` |
 */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: string;
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;
  /** Seconds after which it is worth another try, where the server says so. */
  readonly retryAfter: number | undefined;
  /** By which the server's log has the request. */
  readonly requestId: string | undefined;

  constructor(
    code: string,
    message: string,
    o: {
      readonly status?: number;
      readonly retryAfter?: number | undefined;
      readonly requestId?: string | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: o.cause });
    this.code = code;
    this.status = o.status ?? 0;
    this.retryAfter = o.retryAfter;
    this.requestId = o.requestId;
  }
}
