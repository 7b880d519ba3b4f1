/** @file How much one request may ask. */

/** The limits of a service. */
export interface Limits {
  /** Bytes of a body. */
  readonly body: number;
  /** Bytes of a stream of items. */
  readonly bulk: number;
  /** Queries or pictures a request. */
  readonly batch: number;
  /** Hits a query. */
  readonly k: number;
  /** Requests at a time. */
  readonly requests: number;
  /** Milliseconds that a request may take, its body included; of a stream, that it may be silent. */
  readonly time: number;
  /** Milliseconds that the serving thread may be behind before requests are turned away. */
  readonly lag: number;
}

const MIB = 1024 * 1024;

/** What holds unless told: 20 MiB is above the largest photograph that a phone takes. */
export const LIMITS: Limits = {
  body: 20 * MIB,
  bulk: 16_384 * MIB,
  batch: 64,
  k: 1000,
  requests: 512,
  time: 30_000,
  lag: 250,
};
