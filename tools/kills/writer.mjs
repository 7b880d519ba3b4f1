/** @file The process that is killed: writes to a gallery as planned, compacts it without end, and says what it does. */
import { writeSync } from 'node:fs';
import { openStore } from '../../apps/server/dist/store/local.js';
import { itemOf, makeCodebook, writeOf } from './plan.mjs';

const [path, seed, ...steps] = process.argv.slice(2);
// A write to a pipe is done when this returns: what was said is known, whatever becomes of this process.
const say = (text) => writeSync(1, `${text}\n`);

say('opening');
const store = await openStore(path, { ...makeCodebook(), create: { idKind: 'string' } });
say('open');

async function write(lane, from) {
  for (let step = from; ; step++) {
    const { put, remove } = writeOf(Number(seed), lane, step);
    say(`begin ${lane} ${step}`);
    if (put) await store.put(put.map(itemOf));
    else await store.remove(remove);
    say(`done ${lane} ${step}`);
  }
}

async function compact() {
  for (;;) {
    say('compacting');
    await store.compact();
    say('compacted');
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
  }
}

await Promise.all([compact(), ...steps.map((step, lane) => write(lane, Number(step)))]);
