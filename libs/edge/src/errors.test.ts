import { FormatError } from '@dqn/format';
import { describe, expect, it } from 'vitest';
import { EdgeError, fromPlain, toPlain } from './errors.ts';

describe('an error that crosses from the worker', () => {
  it('keeps name, code and message, and its class where the page has it', () => {
    const over = (error: unknown): Error => fromPlain(structuredClone(toPlain(error)));
    const edge = over(new EdgeError('FETCH_FAILED', 'gone'));
    expect(edge).toBeInstanceOf(EdgeError);
    expect(edge).toMatchObject({ name: 'EdgeError', code: 'FETCH_FAILED', message: 'gone' });
    expect(over(new FormatError('TRUNCATED', 'short'))).toMatchObject({
      name: 'FormatError',
      code: 'TRUNCATED',
      message: 'short',
    });
    expect(over(new DOMException('stop', 'AbortError'))).toMatchObject({ name: 'AbortError', message: 'stop' });
    expect(over('text')).toMatchObject({ name: 'Error', message: 'text' });
  });
});
