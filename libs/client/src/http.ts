/** @file One request to the server: its key, its errors, and another try where that helps. */

import { ClientError } from './errors.ts';
import type { Problem } from './generated/api.ts';

/** The server, and how to ask it. */
export interface ClientOptions {
  /** Such as http://127.0.0.1:7007. */
  readonly url: string | URL;
  /** API key, where the server wants one. */
  readonly key?: string | undefined;
  /** Further tries of a request that found the server overloaded or out of reach; default 2. All requests may be repeated. */
  readonly retries?: number | undefined;
  /** Default: the platform's. */
  readonly fetch?: typeof fetch | undefined;
}

/** What a request sends. */
export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Values that are undefined are left out; a list comes several times. */
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: BodyInit | undefined;
  readonly type?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A longer wait than this, seconds, is the caller's to decide. */
const LONGEST_WAIT = 30;

/** The server's address without a slash at its end. */
function addressOf(options: ClientOptions): string {
  const url: unknown = (options as Partial<ClientOptions> | undefined)?.url;
  if (/^https?:\/\/./.test(String(url))) return String(url).replace(/\/$/, '');
  const given = typeof options === 'string' ? `the text '${options}'` : `url: ${JSON.stringify(url)}`;
  throw new ClientError('BAD_OPTION', `A client was given ${given}; expected { url: 'http://127.0.0.1:7007' }.`);
}

/** Sends requests of one client. @throws ClientError `BAD_OPTION` without the server's address */
export function createHttp(options: ClientOptions): (ask: Ask) => Promise<Response> {
  const base = addressOf(options);
  const { key, retries = 2, fetch: send = fetch } = options;
  return async (ask) => {
    for (let tries = 0; ; tries++) {
      try {
        return await once(ask);
      } catch (error) {
        if (!(error instanceof ClientError) || tries >= retries || !isWorthATry(error)) throw error;
        const seconds = error.retryAfter ?? 0.1 * 2 ** tries;
        if (seconds > LONGEST_WAIT) throw error;
        await wait(seconds * 1000, ask.signal);
      }
    }
  };

  async function once({ method, path, query, body, type, signal }: Ask): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (type !== undefined) headers['content-type'] = type;
    if (key !== undefined) headers.authorization = `Bearer ${key}`;
    let reply: Response;
    try {
      reply = await send(`${base}${path}${toQuery(query)}`, {
        method,
        headers,
        body: body ?? null,
        signal: signal ?? null,
      });
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
      throw new ClientError('UNREACHABLE', `No answer from ${base}: ${reason}.`, { cause });
    }
    if (reply.ok) return reply;
    throw await toError(reply, `${method} ${base}${path}`);
  }
}

/** The reply's JSON. */
export async function json<T>(reply: Response): Promise<T> {
  return received(reply, async () => (await reply.json()) as T);
}

/** The reply's JSON lines, each when it is there. */
export async function* jsonLines<T>(reply: Response): AsyncGenerator<T> {
  const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (let isEnd = false; !isEnd; ) {
      const { done, value = '' } = await received(reply, () => reader.read());
      isEnd = done;
      const lines = (rest + value).split('\n');
      rest = isEnd ? '' : lines.pop()!;
      for (const line of lines) if (line !== '') yield await received(reply, async () => JSON.parse(line) as T);
    }
  } finally {
    // Who stops listening lets the connection go.
    await reader.cancel().catch(() => undefined);
  }
}

/** What is read of a reply; the platform's errors become ours. */
export async function received<T>(reply: Response, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const { status, url } = reply;
    if (cause instanceof SyntaxError)
      throw new ClientError('BAD_REPLY', `The answer of ${url} is no JSON.`, { status, cause });
    if (cause instanceof TypeError)
      throw new ClientError('UNREACHABLE', `The answer of ${url} was cut off.`, { cause });
    throw cause;
  }
}

async function toError(reply: Response, what: string): Promise<ClientError> {
  const { status } = reply;
  const after = Number(reply.headers.get('retry-after') ?? Number.NaN);
  const retryAfter = Number.isFinite(after) ? after : undefined;
  const text = await reply.text().catch(() => '');
  try {
    const { code, detail, requestId } = JSON.parse(text) as Problem;
    if (typeof code === 'string') return new ClientError(code, detail, { status, retryAfter, requestId });
  } catch {
    // Some proxy's page.
  }
  return new ClientError('BAD_REPLY', `${what} is answered with status ${status}.`, { status, retryAfter });
}

/** Overload and broken connections pass; other errors would come again. */
function isWorthATry({ code, status }: ClientError): boolean {
  return code === 'UNREACHABLE' || status === 429 || status === 503 || status === 502 || status === 504;
}

function toQuery(query: Ask['query'] = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      search.append(name, typeof one === 'object' ? JSON.stringify(one) : String(one));
    }
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end);
      resolve();
    }, ms);
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end, { once: true });
  });
}
