/** @file Exit code 0 where the service in this container answers, for Docker's health check. */
const port = process.env.DQN_SERVE_PORT ?? 7007;
const reply = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(5000) }).catch(
  () => undefined,
);
process.exit(reply?.ok ? 0 : 1);
