/** @file When a request is over: its reply is through, or its connection has ended. */
import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';

/** What waits for the end of a connection: a reply that stands behind others of it doesn't hear of it by itself. */
const byConnection = new WeakMap<Socket, Set<() => void>>();

/** Calls `then` once when the request of a reply is over. */
export function whenOver({ raw, request }: FastifyReply, then: () => void): void {
  const { socket } = request.raw;
  if (socket.destroyed) {
    then();
    return;
  }
  const waiting = waitingOf(socket);
  const end = (): void => {
    if (waiting.delete(end)) then();
  };
  waiting.add(end);
  raw.once('close', end);
}

function waitingOf(socket: Socket): Set<() => void> {
  const there = byConnection.get(socket);
  if (there) return there;
  const waiting = new Set<() => void>();
  socket.once('close', () => {
    for (const end of waiting) end();
  });
  byConnection.set(socket, waiting);
  return waiting;
}
