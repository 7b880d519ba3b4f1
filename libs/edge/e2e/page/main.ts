/** @file A page with a collection of own pictures in a worker, and nothing else. */
import type { Answer, Asked } from './worker.ts';

declare global {
  /** Calls the worker; started anew if it was ended. */
  function own(asked: Asked): Promise<Answer>;
  /** Ends the worker, whatever it is doing. */
  function end(): void;
  /** Told of each step of a writer that is durable. */
  function acknowledged(writer: string, step: number): void;
}

let worker: Worker | undefined;

function started(): Worker {
  worker ??= new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  return worker;
}

globalThis.own = (asked) =>
  new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<Answer>) => {
      if ('step' in data) globalThis.acknowledged(data.writer, data.step);
      else if ('error' in data) reject(new Error(data.error));
      else resolve(data);
    };
    started().postMessage(asked, [port2]);
  });

globalThis.end = () => {
  worker?.terminate();
  worker = undefined;
};
