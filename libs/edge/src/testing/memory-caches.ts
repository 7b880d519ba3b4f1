/** @file Cache Storage in memory, which can be told to be full or denied. */

/** What a test may set. */
export interface MemoryCaches extends CacheStorage {
  /** Bytes that may be kept in all. */
  room: number;
  denied: boolean;
  /** All entries by cache and address, for looking and for damaging. */
  readonly entries: Map<string, Map<string, Uint8Array>>;
}

/** An empty one. */
export function memoryCaches(): MemoryCaches {
  const entries = new Map<string, Map<string, Uint8Array>>();
  const taken = () => [...entries.values()].flatMap((cache) => [...cache.values()]).reduce((n, b) => n + b.length, 0);
  const address = (request: RequestInfo | URL) => (request instanceof Request ? request.url : String(request));
  const open = async (name: string) => {
    if (caches.denied) throw new DOMException('not for you', 'SecurityError');
    if (!entries.has(name)) entries.set(name, new Map());
    const cache = entries.get(name)!;
    return {
      async match(request: RequestInfo | URL) {
        const bytes = cache.get(address(request));
        return bytes && new Response(bytes.slice() as BodyInit);
      },
      async put(request: RequestInfo | URL, response: Response) {
        const bytes = new Uint8Array(await response.arrayBuffer());
        if (taken() + bytes.length > caches.room) throw new DOMException('no room', 'QuotaExceededError');
        // As in a browser, a cache that was deleted meanwhile takes what nobody sees.
        cache.set(address(request), bytes);
      },
      delete: async (request: RequestInfo | URL) => cache.delete(address(request)),
      keys: async () => [...cache.keys()].map((url) => new Request(url)),
    } as unknown as Cache;
  };
  const caches = {
    room: Number.POSITIVE_INFINITY,
    denied: false,
    entries,
    open,
    delete: async (name: string) => entries.delete(name),
    has: async (name: string) => entries.has(name),
    keys: async () => [...entries.keys()],
  } as unknown as MemoryCaches;
  return caches;
}
