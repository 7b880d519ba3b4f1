import type { Browser } from 'playwright-core';

export function browserIsMissing(what: string): boolean;
export function launch(...args: string[]): Promise<Browser>;
