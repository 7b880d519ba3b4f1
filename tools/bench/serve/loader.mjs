/** @file The process that makes load, seen from the benchmark. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Starts it: `load(job)` runs a job of load.mjs, one at a time. */
export function startLoader() {
  const child = fork(fileURLToPath(new URL('./load.mjs', import.meta.url)), { serialization: 'advanced' });
  process.once('exit', () => child.kill());
  return {
    load: (job) =>
      new Promise((resolve, reject) => {
        const died = (code) => reject(new Error(`The load generator ended with code ${code}.`));
        child.once('exit', died);
        child.once('message', (result) => {
          child.off('exit', died);
          resolve(result);
        });
        child.send(job);
      }),
    close: () => child.kill(),
  };
}

/** The bytes of a POST request. */
export function post(path, type, body) {
  const bytes = Buffer.from(body);
  const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

/** The same of JSON. */
export const postJson = (path, value) => post(path, 'application/json', JSON.stringify(value));
