/** @file Errors of ClickHouse, and what they are here. */
import { describe, expect, it } from 'vitest';
import { ServerError } from '../../errors.ts';
import { failure } from './failures.ts';

describe('an error of ClickHouse', () => {
  it.each([
    [32, 'Attempt to read after eof: while receiving packet from 10.0.0.7:9000', 'SHARD_DOWN', '10.0.0.7:9000'],
    [198, 'Not found address of host: shard-2.example', 'SHARD_DOWN', 'shard-2.example'],
    [209, 'Timeout exceeded while reading from socket (10.0.0.7:9000, 30000 ms)', 'SHARD_DOWN', '10.0.0.7:9000'],
    [210, 'Connection refused (10.0.0.7:9000)', 'SHARD_DOWN', '10.0.0.7:9000'],
    [225, 'No node in ZooKeeper', 'SHARD_DOWN', 'ZooKeeper'],
    [236, 'Connection was closed: while receiving packet from shard-2:9000', 'SHARD_DOWN', 'shard-2:9000'],
    [242, 'Table is in readonly mode', 'SHARD_DOWN', 'readonly mode'],
    [
      279,
      'All connection tries failed. Log: (shard-2:9000) (shard-3:9000)',
      'SHARD_DOWN',
      'shard-2:9000, shard-3:9000',
    ],
    [999, 'Session expired', 'SHARD_DOWN', 'Session expired'],
    [516, 'me: Authentication failed', 'STORE_DENIED', 'DQN_CLICKHOUSE_USER'],
    [164, 'Cannot modify setting in readonly mode', 'STORE_DENIED', 'readonly to 2'],
    [60, "Table db.meta doesn't exist", 'GALLERY_NOT_FOUND', 'dqn index'],
    [159, 'Timeout exceeded: elapsed 30 seconds', 'TIMEOUT', 'longer than the limit'],
    [241, 'Memory limit exceeded', 'OVERLOADED', 'too much'],
    [243, 'Cannot reserve 1 MiB', 'WRITES_REFUSED', 'no room'],
    [62, 'Syntax error', 'STORE_FAILED', 'Syntax error'],
  ])('%i (%s) is %s', (number, text, code, part) => {
    const message = expect.stringContaining(part);
    expect(failure(Object.assign(new Error(text), { code: String(number) }), 'asked:8123')).toMatchObject({
      code,
      message,
    });
    // As old servers say it, in their message alone.
    const old = new Error(`Code: ${number}, e.displayText() = DB::Exception: ${text}, e.what() = DB::Exception`);
    expect(failure(old, 'asked:8123')).toMatchObject({ code, message });
  });

  it('is none of its own where the way to it fails; and what is ours stays', () => {
    const gone = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(failure(gone, 'asked:8123')).toMatchObject({ code: 'STORE_UNREACHABLE', retryAfter: 2 });
    const untrusted = Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(failure(untrusted, 'asked:8443').message).toContain('TLS');
    const ours = new ServerError('CLOSED', 'closed');
    expect(failure(ours, 'asked:8123')).toBe(ours);
  });
});
