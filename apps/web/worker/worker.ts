/**
 * @file The service worker: keeps the page, so that it opens without a network.
 *
 * Models and galleries are none of its business: @dqn/edge keeps those, by their hashes. Whatever isn't a file of this
 * build passes by as if there were no worker.
 */

import { HEADERS } from '../build/headers.ts';
import type { Keep, PageFiles } from './files.ts';

/** Replaced by the build. */
declare const PAGE_FILES: PageFiles;

/** What this file uses of a service worker's globals, which TypeScript has only without those of a page. */
interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Extendable {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface Asked extends Extendable {
  readonly data: Keep;
  readonly ports: readonly MessagePort[];
}
interface Scope {
  readonly registration: { readonly scope: string };
  addEventListener(type: 'install' | 'activate', listener: (event: Extendable) => void): void;
  addEventListener(type: 'fetch', listener: (event: Fetching) => void): void;
  addEventListener(type: 'message', listener: (event: Asked) => void): void;
}

const scope = self as unknown as Scope;
const files = PAGE_FILES;
/** The page of this version, whole. */
const SHELL = `dqn-page-${files.version}`;
/** The builds of ONNX Runtime that were used; their files' names hold their hashes, so versions share them. */
const RUNTIMES = { wasm: 'dqn-runtime-wasm', webgpu: 'dqn-runtime-webgpu' } as const;
const KINDS = ['wasm', 'webgpu'] as const;
/** A page that the network doesn't bring within so many milliseconds comes from what is kept. */
const PATIENCE_MS = 3000;

/** By the name alone: a body that came compressed is the same to everybody here. */
const AS_NAMED: CacheQueryOptions = { ignoreSearch: true, ignoreVary: true };

const address = (name: string): string => new URL(name, scope.registration.scope).href;
const shell = new Set(files.shell.map(address));
/** Address → the runtime that it belongs to. */
const runtimes = new Map(KINDS.flatMap((kind) => files.runtimes[kind].map((name) => [address(name), kind] as const)));
const page = address('./');
const catalogue = address('catalogue.json');

// No skipWaiting: while a tab has the old version open, its files stay. Until then the new page comes over the network.
scope.addEventListener('install', (event) => event.waitUntil(install()));
// Nothing waits for it, nor does it take over the open tab: in Firefox an activation that did never ended, and no page opened.
scope.addEventListener('activate', () => void dropOld());

scope.addEventListener('message', (event) => {
  const { data, ports } = event;
  if (data?.kind !== 'keep') return;
  const kept = keepRuntime(data.runtime);
  event.waitUntil(
    kept.then(
      () => ports[0]?.postMessage(true),
      (error: unknown) => ports[0]?.postMessage(String(error)),
    ),
  );
});

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  const url = request.url.split(/[?#]/, 1)[0];
  if (request.mode === 'navigate') {
    if (url === page) event.respondWith(networkFirst(request, page));
  } else if (url === catalogue) event.respondWith(networkFirst(request, catalogue));
  else if (shell.has(url)) event.respondWith(keptFirst(request, SHELL));
  else {
    const runtime = runtimes.get(url);
    if (runtime) event.respondWith(keptFirst(request, RUNTIMES[runtime]));
  }
});

/** All of it or nothing: a version of which a part is missing is not installed, and tried again on the next visit. */
async function install(): Promise<void> {
  const cache = await caches.open(SHELL);
  // Names without a hash may be older in the browser's own cache.
  const mode = (url: string): RequestCache => (url.startsWith(address('assets/')) ? 'default' : 'no-cache');
  await cache.addAll([...shell].map((url) => new Request(url, { cache: mode(url) })));
  // The version before could work offline: this one has to, as soon as it takes over.
  for (const kind of KINDS) if (await caches.has(RUNTIMES[kind])) await keepRuntime(kind);
}

async function keepRuntime(kind: Keep['runtime']): Promise<void> {
  const cache = await caches.open(RUNTIMES[kind]);
  for (const url of files.runtimes[kind].map(address)) if (!(await cache.match(url, AS_NAMED))) await cache.add(url);
}

/** Other versions' pages, and runtimes that no file of this one names. Caches of others are left alone. */
async function dropOld(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith('dqn-page-') && name !== SHELL) await caches.delete(name);
    if (!name.startsWith('dqn-runtime-')) continue;
    const cache = await caches.open(name);
    for (const { url } of await cache.keys()) if (!runtimes.has(url)) await cache.delete(url);
  }
}

async function keptFirst(request: Request, name: string): Promise<Response> {
  const cache = await caches.open(name);
  const kept = await cache.match(request, AS_NAMED);
  if (kept) return strict(kept);
  const response = await fetch(request);
  if (response.status === 200) await cache.put(request, response.clone()).catch(() => undefined);
  return strict(response);
}

/** The network's answer; what is kept where there is no network, it is too slow, or the server is in trouble. */
async function networkFirst(request: Request, url: string): Promise<Response> {
  const cache = await caches.open(SHELL);
  const fetched = fetch(request);
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MS));
  const response = await Promise.race([fetched, late]).catch(() => undefined);
  if (response?.ok && url === catalogue) await cache.put(url, response.clone()).catch(() => undefined);
  if (response && response.status < 500) return strict(response);
  const kept = await cache.match(url, AS_NAMED);
  return strict(kept ?? response ?? (await fetched));
}

/** Hosts that can't send headers get the page's from here, so that it is as strict and has its threads there, too. */
function strict(response: Response): Response {
  if (response.type !== 'basic' && response.type !== 'default') return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
