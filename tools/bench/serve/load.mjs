/**
 * @file Load on an HTTP service, from a process of its own; started by loader.mjs.
 *
 * With a `rate` it is an open loop: requests are sent at fixed times, whether or not earlier ones were answered, and a
 * latency counts from the time at which its request was due, so that a service that stalls can't hide it. With
 * `connections` alone it is a closed loop: each sends its next request when the last was answered.
 *
 * It writes and reads HTTP/1.1 on bare sockets, which takes a fraction of what a client library does: on a machine with two
 * cores the generator's share is the service's loss. Only replies with a content-length are understood.
 */
import { connect } from 'node:net';

/** Connections that an open loop may open; what is due beyond them waits, and its time counts. */
const MOST = 1024;
const END = Buffer.from('\r\n\r\n');

function connection(port, onReply, onError) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let held = [];
  let length = 0;
  let wanted = -1;
  let status = 0;
  socket.on('data', (chunk) => {
    held.push(chunk);
    length += chunk.length;
    if (wanted < 0) {
      const all = held.length === 1 ? held[0] : Buffer.concat(held);
      held = [all];
      const at = all.indexOf(END);
      if (at < 0) return;
      const head = all.latin1Slice(0, at);
      status = Number(head.slice(9, 12));
      const found = /content-length: *(\d+)/i.exec(head);
      if (!found) throw new Error(`A reply without content-length:\n${head}`);
      wanted = at + 4 + Number(found[1]);
    }
    if (length < wanted) return;
    held = [];
    length = 0;
    wanted = -1;
    onReply(status);
  });
  socket.on('error', onError);
  socket.on('close', onError);
  return socket;
}

/** Runs one job: { port, requests, rate?, connections, seconds } → what came of it; latencies in ms. */
function run({ port, requests, rate, connections = 1, seconds }) {
  return new Promise((resolve) => {
    const statuses = {};
    const latencies = [];
    const idle = [];
    const due = [];
    const start = performance.now();
    const until = start + seconds * 1000;
    let sent = 0;
    let answered = 0;
    let opened = 0;
    let errors = 0;
    let last = start;
    let scheduled = 0;
    let over = false;

    const finish = () => {
      if (over || performance.now() < until || answered + errors < sent || due.length > 0) return;
      over = true;
      clearInterval(guard);
      for (const one of idle) one.socket.destroy();
      latencies.sort((a, b) => a - b);
      const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? null;
      const ok = statuses[200] ?? 0;
      const took = (last - start) / 1000;
      resolve({ sent, ok, errors, statuses, seconds: took, rate: ok / took, p50: at(0.5), p99: at(0.99), max: at(1) });
    };
    // A service that died answers nothing: what is missing is an error.
    const guard = setInterval(() => {
      if (performance.now() > until + 30_000) {
        errors += sent - answered - errors;
        due.length = 0;
        finish();
      } else finish();
    }, 50);

    const send = (one, since) => {
      one.since = since;
      one.socket.write(requests[sent++ % requests.length]);
    };
    const free = (one) => {
      if (due.length > 0) return send(one, due.shift());
      if (rate === undefined && performance.now() < until) return send(one, performance.now());
      idle.push(one);
      finish();
    };
    const open = (since) => {
      opened++;
      const one = { since };
      one.socket = connection(
        port,
        (status) => {
          answered++;
          last = performance.now();
          statuses[status] = (statuses[status] ?? 0) + 1;
          if (status === 200) latencies.push(last - one.since);
          one.since = undefined;
          free(one);
        },
        () => {
          if (one.gone || over) return;
          one.gone = true;
          opened--;
          const at = idle.indexOf(one);
          if (at >= 0) idle.splice(at, 1);
          if (one.since !== undefined) errors++;
          finish();
        },
      );
      send(one, since);
    };

    if (rate === undefined) {
      for (let i = 0; i < connections; i++) open(performance.now());
      return;
    }
    const tick = () => {
      const now = performance.now();
      while (scheduled < rate * seconds && start + (scheduled * 1000) / rate <= now) {
        const since = start + (scheduled++ * 1000) / rate;
        const one = idle.pop();
        if (one) send(one, since);
        else if (opened < MOST) open(since);
        else due.push(since);
      }
      if (scheduled < rate * seconds) setTimeout(tick, 1);
    };
    tick();
  });
}

process.on('message', async (job) => process.send(await run(job)));
