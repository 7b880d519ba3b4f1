/** @file What to do about a failure, where its message doesn't say it. */

/** By an error's code, or its name where it has none. */
const ADVICE: Readonly<Record<string, string>> = {
  NotAllowedError: 'Allow the camera for this page in the browser (the icon beside the address), then try again.',
  NotFoundError: 'Connect a camera and try again, or choose, drop or paste a picture.',
  OverconstrainedError: 'Connect another camera and try again, or choose, drop or paste a picture.',
  NotReadableError: 'Another program may be using the camera. Close it, then try again.',
  NO_CAMERA: 'Open the page by https or as localhost, or choose, drop or paste a picture.',
  NO_PROVIDER: 'Add ?provider=wasm to the address: every browser has that.',
  CODEBOOK_MISMATCH: 'Whoever keeps this page has to put a model and a gallery together that were made for each other.',
  MODEL_MISMATCH: 'Whoever keeps this page has to put a whole model there, as it was exported.',
};

/** What to do, in a sentence; empty where the message says it already. */
export function adviceFor(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: string };
  const key = typeof code === 'string' && code ? code : (name ?? '');
  if (key === 'FETCH_FAILED' && !navigator.onLine) {
    return 'This device is offline, and this gallery was never opened on it. Go online once: from then on it works without.';
  }
  return ADVICE[key] ?? '';
}
