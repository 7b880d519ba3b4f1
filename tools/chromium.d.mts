import type { Browser, BrowserContext } from 'playwright-core';

export function browserIsMissing(what: string): boolean;
export function launch(...args: string[]): Promise<Browser>;
export function launchKept(folder: string, ...args: string[]): Promise<BrowserContext>;

/** A browser that is a process of its own. */
export interface KillableBrowser {
  readonly context: BrowserContext;
  /** Ends all its processes at once. */
  kill(): Promise<void>;
}
export function launchKillable(folder: string, ...args: string[]): Promise<KillableBrowser>;
