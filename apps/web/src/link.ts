/**
 * @file A result as a link: everything stands behind the #, which browsers send to nobody.
 *
 * `#id=…` asks by an item of the gallery, `#v=…` by an embedding (float32, little-endian, base64url), each with any
 * number of `label=…`. A picture of one's own becomes its embedding: the link holds no picture.
 */

/** What a link asks for. */
export interface Link {
  readonly id?: string;
  /** Embedding, [D]. */
  readonly vector?: Float32Array;
  readonly labels: readonly string[];
}

/** Reads what stands behind the #. @throws Error for an embedding that was cut off or changed */
export function readLink(hash: string): Link {
  const asked = new URLSearchParams(hash.replace(/^#/, ''));
  const id = asked.get('id');
  const text = asked.get('v');
  const vector = text && !id ? readVector(text) : undefined;
  return { ...(id && { id }), ...(vector && { vector }), labels: asked.getAll('label').filter(Boolean) };
}

/** Writes it; empty where nothing is asked for. */
export function writeLink({ id, vector, labels }: Link): string {
  const asked = new URLSearchParams();
  if (id) asked.set('id', id);
  else if (vector) asked.set('v', writeVector(vector));
  for (const label of labels) asked.append('label', label);
  const text = asked.toString();
  return text && `#${text}`;
}

function writeVector(vector: Float32Array): string {
  const bytes = new Uint8Array(vector.slice().buffer);
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

function readVector(text: string): Float32Array {
  try {
    const raw = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
    const vector = new Float32Array(Uint8Array.from(raw, (char) => char.charCodeAt(0)).buffer);
    if (vector.every(Number.isFinite)) return vector;
  } catch {}
  throw new Error('A part of it is missing: copy the whole link.');
}
