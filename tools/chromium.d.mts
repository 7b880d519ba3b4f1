import type { Browser, BrowserContext } from 'playwright-core';

export function browserIsMissing(what: string): boolean;
export function launch(...args: string[]): Promise<Browser>;
export function launchKept(folder: string, ...args: string[]): Promise<BrowserContext>;
