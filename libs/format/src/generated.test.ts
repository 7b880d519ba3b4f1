import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('the generated code is what the .proto files give', () => {
  const script = fileURLToPath(new URL('../../../tools/proto.mjs', import.meta.url));
  expect(() => execFileSync(process.execPath, [script, '--check', 'format'])).not.toThrow();
});
