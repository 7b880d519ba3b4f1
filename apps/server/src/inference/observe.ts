/**
 * @file What happens inside a retriever, told as it happens: whoever keeps metrics turns it into some.
 *
 * One function, called on the serving thread; it must be quick and must not throw.
 */

/** The parts of an answer's time, in the order in which an image passes them. */
export const STAGES = ['queue', 'decode', 'preprocess', 'infer', 'search'] as const;

/**
 * One of them. `queue` is the time an image waited: for a place to be decoded, and for its batch to begin; `infer` is its
 * batch's run of the network.
 */
export type Stage = (typeof STAGES)[number];

/** Why a request was turned away: the queue is full, or what it asked for would come too late to be of use. */
export type ShedReason = 'full' | 'late';

/** Which graph a thread runs. */
export type ThreadRole = 'preprocess' | 'network';

/** What is told. */
export type Observation =
  /** A request is through with a stage; milliseconds. */
  | { readonly kind: 'stage'; readonly stage: Stage; readonly ms: number }
  /** The network ran once, over `size` images, in `ms` milliseconds. */
  | { readonly kind: 'batch'; readonly size: number; readonly ms: number }
  /** `images` images were turned away before any work was done for them. */
  | { readonly kind: 'shed'; readonly reason: ShedReason; readonly images: number }
  /** A thread of ONNX Runtime ended by itself, or a new one took its place. */
  | {
      readonly kind: 'thread';
      readonly event: 'died' | 'replaced';
      readonly role: ThreadRole;
      readonly reason: string;
    };

/** Hears what happens. */
export type Observe = (observation: Observation) => void;
