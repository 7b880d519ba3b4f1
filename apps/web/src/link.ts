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

/** Reads what stands behind the #; whatever can't be meant is left out. */
export function readLink(hash: string): Link {
  const asked = new URLSearchParams(hash.replace(/^#/, ''));
  const id = asked.get('id');
  const vector = id ? undefined : readVector(asked.get('v') ?? '');
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
  const view = new DataView(new ArrayBuffer(vector.length * 4));
  vector.forEach((value, d) => {
    view.setFloat32(d * 4, value, true);
  });
  const text = Array.from(new Uint8Array(view.buffer), (byte) => String.fromCharCode(byte)).join('');
  return btoa(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

function readVector(text: string): Float32Array | undefined {
  try {
    const raw = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
    const view = new DataView(Uint8Array.from(raw, (char) => char.charCodeAt(0)).buffer);
    if (view.byteLength === 0 || view.byteLength % 4 !== 0) return undefined;
    const vector = Float32Array.from({ length: view.byteLength / 4 }, (_, d) => view.getFloat32(d * 4, true));
    return vector.every(Number.isFinite) ? vector : undefined;
  } catch {
    return undefined;
  }
}
