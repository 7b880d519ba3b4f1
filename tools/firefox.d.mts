export function findFirefox(): string | undefined;
export function firefoxIsMissing(what: string): boolean;

/** A running Firefox with one tab. */
export interface Firefox {
  open(url: string): Promise<void>;
  /** Runs the body of an async function in the page; it finds its arguments in `args`. */
  run<T>(script: string, ...args: unknown[]): Promise<T>;
  /** Puts a file into an input. */
  give(selector: string, path: string): Promise<void>;
  close(): Promise<void>;
}
export function launchFirefox(): Promise<Firefox>;
