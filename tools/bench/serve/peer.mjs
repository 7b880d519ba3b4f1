/** @file Faiss behind FastAPI as the peer; DQN_PYTHON and PYTHONPATH say where Python has them. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./peer_serve.py', import.meta.url));
const PATIENCE_MS = 180_000;

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts it on a data set of search/data.mjs; undefined where Python lacks it, and it says so. */
export async function startPeer({ json, file, n, D }, say) {
  const python = process.env.DQN_PYTHON || 'python3';
  const port = await freePort();
  const child = spawn(python, [SCRIPT, String(port), json, file, String(n)], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  let ended = false;
  child.stderr.on('data', (chunk) => {
    complaint = (complaint + chunk).slice(-600);
  });
  child.on('error', (error) => {
    complaint = error.message;
    ended = true;
  });
  child.on('exit', () => {
    ended = true;
  });
  const body = JSON.stringify({ vector: new Array(D).fill(0), k: 1 });
  const answers = () =>
    fetch(`http://127.0.0.1:${port}/search`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      .then((reply) => reply.ok)
      .catch(() => false);
  for (const begun = performance.now(); !(await answers()); ) {
    if (ended || performance.now() - begun > PATIENCE_MS) {
      child.kill();
      say(`NO PEER: ${complaint.trim().split('\n').at(-1) ?? 'it did not start'}`);
      say('`pip install faiss-cpu numpy fastapi "uvicorn[standard]"`, or name a Python by DQN_PYTHON.');
      return undefined;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return { port, name: 'Faiss IndexPQ, FastAPI', close: () => child.kill() };
}
