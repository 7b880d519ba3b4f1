import { describe, expect, it } from 'vitest';
import { readQueueAddress } from './address.ts';

describe("a queue's address", () => {
  it('names a Redis, a database in it and a queue', () => {
    expect(readQueueAddress('redis://h:7000/3?queue=cats', {})).toMatchObject({
      ...{ name: 'cats', host: 'h', port: 7000, db: 3, tls: false, username: undefined, password: undefined },
    });
    expect(readQueueAddress('rediss://[::1]', {})).toMatchObject({
      name: 'dqn',
      host: '::1',
      port: 6379,
      db: 0,
      tls: true,
    });
  });

  it('has its password from itself or from the environment, and never shows it', () => {
    const own = readQueueAddress('redis://me:p%40ss@h', { DQN_REDIS_PASSWORD: 'other' });
    expect(own).toMatchObject({ username: 'me', password: 'p@ss', shown: 'redis://h:6379/0?queue=dqn' });
    expect(readQueueAddress('redis://h', { DQN_REDIS_PASSWORD: 'other' })).toMatchObject({ password: 'other' });
  });

  it.each([
    'localhost:6379',
    'http://h',
    'redis://',
    'redis://secret@h/x',
    'redis://:secret@h/0/1',
    'redis://:secret@h?queue=a:b',
    'redis://:secret@h?queue=',
    'redis://:secret@h?name=a',
    'redis://:secret@h:99999',
  ])('refuses %s as wrong usage, without the password in the message', (text) => {
    const read = () => readQueueAddress(text, {});
    expect(read).toThrow(expect.objectContaining({ code: 'WRONG_USAGE' }));
    expect(read).not.toThrow(/secret/);
  });
});
