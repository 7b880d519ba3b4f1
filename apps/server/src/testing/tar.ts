/** @file Writes tar archives, as GNU tar and as pax do. */

const BLOCK = 512;

/** An archive of files; a name above 100 bytes gets a header of its own. */
export function toTar(
  files: readonly { readonly name: string; readonly bytes: Buffer; readonly type?: string }[],
  long: 'gnu' | 'pax' = 'gnu',
): Buffer {
  const parts = files.flatMap(({ name, bytes, type = '0' }) => {
    const entry = [header(name, bytes.length, type), bytes, padding(bytes.length)];
    if (Buffer.byteLength(name) <= 100) return entry;
    const text = Buffer.from(long === 'gnu' ? `${name}\0` : paxRecord('path', name));
    return [header('././@LongLink', text.length, long === 'gnu' ? 'L' : 'x'), text, padding(text.length), ...entry];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header(name: string, size: number, type: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name.slice(0, 100), 0, 100);
  block.write('0000644\0', 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('        ', 148);
  block.write(type, 156);
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** The length counts its own digits. */
function paxRecord(name: string, value: string): string {
  const rest = ` ${name}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (Buffer.byteLength(`${length}${rest}`) !== length) length++;
  return `${length}${rest}`;
}
