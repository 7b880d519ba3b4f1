/** @file What the page asks a browser to hold it to; `dqn serve` sends the same (apps/server/src/app.ts, held equal by a test). */

/**
 * Nothing from elsewhere and nothing to elsewhere. Of what is usually allowed only wasm stays: no eval, no inline script.
 * `blob:` are pictures on their way to the screen, and workers that a bundler made.
 */
export const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "connect-src 'self' blob: data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The first two make the page cross-origin isolated: threads in wasm. */
export const HEADERS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'content-security-policy': `${POLICY}; frame-ancestors 'none'`,
  'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;
