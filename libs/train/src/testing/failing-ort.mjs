/** @file ONNX Runtime that fails at its nth run, as the URL's query says: `?how=throw&run=2`. */
import { createSession as create, Tensor } from './ort.mjs';

export { Tensor };

const query = new URL(import.meta.url).searchParams;
let runs = 0;

export async function createSession(bytes, options) {
  const session = await create(bytes, options);
  return {
    release: () => session.release(),
    run(feeds, fetches) {
      runs += 1;
      if (runs === Number(query.get('run'))) {
        if (query.get('how') === 'exit') process.exit(3);
        throw new Error('out of memory, as a test');
      }
      return session.run(feeds, fetches);
    },
  };
}
