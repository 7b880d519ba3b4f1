/** @file The directory of a gallery of schema version 2: a state as a protobuf message, and back, checked. */
import { FormatError } from '../errors.ts';
import {
  GalleryDirectory,
  ID_KIND,
  type IndexImage as ImageMessage,
  type Segment as SegmentMessage,
  type Stored as StoredMessage,
} from '../messages/gallery.ts';
import { fromHex, toHex } from '../sha256.ts';
import { INDEX_BYTES, MOST_ROWS } from './layout.ts';
import type { GalleryMeta, IdKind, ImageFacts } from './meta.ts';
import { type GalleryState, isNumbers, type Segment, type Stored } from './state.ts';

const ID_KINDS = Object.keys(ID_KIND) as IdKind[];
/** Bytes of a number, by the kind of id. */
const ID_BYTES = { u32: 4, u64: 8 } as const;

/** What of a state goes into the directory; the rest follows from it. */
export interface DirectoryContent {
  readonly meta: Pick<GalleryMeta, 'codebookSha256' | 'M' | 'K' | 'classes' | 'thumbnailType' | 'weights' | 'idKind'>;
  readonly image: Pick<ImageFacts, 'kind' | 'version' | 'count' | 'facts'>;
  readonly parts: readonly Stored[];
  readonly segments: readonly Segment[];
}

/** The bytes of a directory. Their number doesn't depend on the offsets, as long as none is 0. */
export function encodeDirectory({ meta, image, parts, segments }: DirectoryContent): Uint8Array {
  const facts = Object.entries(image.facts).sort(([a], [b]) => (a < b ? -1 : 1));
  return GalleryDirectory.encode({
    codebookSha256: fromHex(meta.codebookSha256, 'codebookSha256'),
    m: meta.M,
    k: meta.K,
    classes: [...meta.classes],
    thumbnailType: meta.thumbnailType,
    idKind: ID_KIND[meta.idKind],
    image: {
      kind: image.kind,
      version: image.version,
      count: image.count,
      facts: Object.fromEntries(facts),
      parts: parts.map((part) => ({ name: part.name, stored: pack(part) })),
    },
    segments: segments.map(packSegment),
    weights: meta.weights,
  });
}

function packSegment(segment: Segment): SegmentMessage {
  const message = { rows: segment.rows } as SegmentMessage;
  const put = (name: Exclude<keyof SegmentMessage, 'rows'>, stored: Stored | undefined) => {
    if (stored !== undefined) message[name] = pack(stored);
  };
  put('codes', segment.codes);
  put('removed', segment.removed);
  if (segment.ids !== undefined && isNumbers(segment.ids)) put('ids', segment.ids);
  for (const [column, offsets, values] of [
    [segment.ids, 'idOffsets', 'ids'],
    [segment.labels, 'labelOffsets', 'labels'],
    [segment.metadata, 'metadataOffsets', 'metadata'],
  ] as const) {
    if (column === undefined || !('offsets' in column)) continue;
    put(offsets, column.offsets);
    put(values, column.values);
  }
  put('thumbnailIndex', segment.thumbnails?.index);
  put('thumbnails', segment.thumbnails?.images);
  return message;
}

function pack({ offset, length, check }: Stored): StoredMessage {
  const none = new Uint8Array(0);
  if (check === undefined || !('checksums' in check)) return { offset, length, blockBytes: 0, checksums: none };
  const checksums = new Uint8Array(4 * check.checksums.length);
  const view = new DataView(checksums.buffer);
  check.checksums.forEach((crc, i) => {
    view.setUint32(4 * i, crc, true);
  });
  return { offset, length, blockBytes: check.blockBytes, checksums };
}

/**
 * Reads a directory whose checksum has been checked.
 *
 * @param generation of its state
 * @param fileLength all that it names lies in front of this
 * @throws FormatError `BAD_CONTENT`
 */
export function decodeDirectory(bytes: Uint8Array, generation: number, fileLength: number): GalleryState {
  const message = decode(bytes);
  const unpack = (stored: StoredMessage | undefined, name: string) => unpackStored(stored, name, fileLength);
  const { M, K, codebookSha256, idKind } = checkHead(message);
  const { image, parts } = unpackImage(message.image, M, K, unpack);
  const segments: Segment[] = [];
  let rows = 0;
  let removed = 0;
  for (const [i, packed] of message.segments.entries()) {
    const segment = unpackSegment(packed, i, rows, { idKind, M, unpack });
    segments.push(segment);
    rows += segment.rows;
    removed += (segment.removed?.length ?? 0) / 4;
  }
  const base = segments[0];
  if (base === undefined || rows > MOST_ROWS) throw bad(`${segments.length} segments of ${rows} rows`);
  const imaged = base.rows - (base.removed?.length ?? 0) / 4;
  if (image.count !== imaged) throw bad(`an image of ${image.count} items for ${imaged} rows`);
  if (removed > rows) throw bad(`${removed} rows removed of ${rows}`);
  const { classes, thumbnailType, weights } = message;
  const head = {
    schemaVersion: 2 as const,
    generation,
    codebookSha256,
    M,
    K,
    idKind,
    classes,
    thumbnailType,
    weights,
    index: image,
  };
  const meta: GalleryMeta = { ...head, rows, count: rows - removed, tail: rows - base.rows };
  return { meta, parts, segments, fileLength };
}

function decode(bytes: Uint8Array) {
  try {
    return GalleryDirectory.decode(bytes);
  } catch (cause) {
    throw new FormatError('BAD_CONTENT', "The gallery's directory is whole, but no protobuf message.", { cause });
  }
}

function checkHead(message: ReturnType<typeof GalleryDirectory.decode>) {
  const { m: M, k: K } = message;
  const codebookSha256 = toHex(message.codebookSha256);
  const idKind = ID_KINDS.find((kind) => ID_KIND[kind] === message.idKind);
  if (M < 1 || M > 32) throw bad(`M = ${M}; expected 1 to 32`);
  if (K < 2 || K > 256 || (K & (K - 1)) !== 0) throw bad(`K = ${K}; expected a power of two from 2 to 256`);
  if (codebookSha256.length !== 64) throw bad(`codebook '${codebookSha256}'; expected a SHA-256`);
  if (idKind === undefined) throw bad(`ids of kind ${message.idKind}`);
  return { M, K, codebookSha256, idKind };
}

type Unpack = (stored: StoredMessage | undefined, name: string) => Stored | undefined;

function unpackImage(
  message: ImageMessage | undefined,
  M: number,
  K: number,
  unpack: Unpack,
): { image: ImageFacts; parts: Stored[] } {
  const [kind, version, facts] = [message?.kind ?? '', message?.version ?? 0, message?.facts ?? {}];
  const count = message?.count ?? 0;
  const parts = (message?.parts ?? []).map(({ name, stored }) => {
    const part = unpack(stored, name);
    if (part?.check === undefined) throw bad(`no bytes for part ${JSON.stringify(name)} of the image`);
    return part;
  });
  const lengths = new Map(parts.map(({ name, length }) => [name, length]));
  if (kind === '' || version < 1 || lengths.size !== parts.length) throw bad(`an image of kind '${kind}' ${version}`);
  if (Object.values(facts).some((fact) => !Number.isFinite(fact))) throw bad('an image with facts that are no numbers');
  const ids = lengths.get('ids') ?? count * 4;
  if (kind === 'flat' && (lengths.get('codes') !== count * M || ids !== count * 4)) {
    throw bad(`a flat image of ${count} items with ${lengths.get('codes')} bytes of codes and ${ids} of ids`);
  }
  const sizes = parts.map(({ name, length }) => ({ name, bytes: length }));
  return { image: { kind, version, M, K, count, facts: { ...facts }, parts: sizes }, parts };
}

function unpackSegment(
  message: SegmentMessage,
  number: number,
  first: number,
  { idKind, M, unpack }: { idKind: IdKind; M: number; unpack: Unpack },
): Segment {
  const rows = message.rows;
  const fixed = (name: string, stored: StoredMessage | undefined, bytes: number): Stored | undefined => {
    const found = unpack(stored, name);
    if (found !== undefined && found.length !== bytes) throw bad(`${found.length} bytes of ${name} for ${rows} rows`);
    return found;
  };
  const ragged = (name: string, offsets: StoredMessage | undefined, values: StoredMessage | undefined) => {
    const column = { offsets: unpack(offsets, `${name} offsets`), values: unpack(values, name) };
    if (column.offsets === undefined && column.values === undefined) return undefined;
    const size = (column.offsets?.length ?? 0) / (rows + 1);
    if (column.values === undefined || (size !== 4 && size !== 8)) throw bad(`${name} that don't fit ${rows} rows`);
    return column as { offsets: Stored; values: Stored };
  };
  const codes = fixed('codes', message.codes, rows * M);
  if ((codes === undefined) !== (number === 0)) throw bad(`codes of segment ${number} where they don't belong`);
  const removed = unpack(message.removed, 'removed rows');
  if ((removed?.length ?? 0) % 4 !== 0) throw bad(`${removed?.length} bytes of removed rows`);
  const ids: Segment['ids'] =
    idKind === 'string'
      ? ragged('ids', message.idOffsets, message.ids)
      : fixed('ids', message.ids, rows * ID_BYTES[idKind]);
  if (ids === undefined && idKind !== 'u32') throw bad(`no ids in segment ${number}`);
  const index = fixed('thumbnail index', message.thumbnailIndex, rows * INDEX_BYTES);
  const images = unpack(message.thumbnails, 'thumbnails');
  if ((index === undefined) !== (images === undefined)) throw bad('thumbnails without an index');
  return {
    first,
    rows,
    codes,
    removed,
    ids,
    labels: ragged('labels', message.labelOffsets, message.labels),
    metadata: ragged('metadata', message.metadataOffsets, message.metadata),
    thumbnails: index && images && { index, images },
  };
}

function unpackStored(message: StoredMessage | undefined, name: string, fileLength: number): Stored | undefined {
  if (message === undefined) return undefined;
  const { offset, length, blockBytes, checksums: packed } = message;
  if (offset % 64 !== 0 || offset + length > fileLength) throw bad(`${name} at byte ${offset}, ${length} long`);
  if (name === 'thumbnails' && blockBytes === 0) return { name, offset, length, check: undefined };
  const isPowerOfTwo = blockBytes >= 64 && Number.isInteger(Math.log2(blockBytes));
  if (!isPowerOfTwo || packed.length !== 4 * Math.ceil(length / blockBytes)) {
    throw bad(`${packed.length / 4} checksums of blocks of ${blockBytes} bytes for ${length} bytes of ${name}`);
  }
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const checksums = Uint32Array.from({ length: packed.length / 4 }, (_, i) => view.getUint32(4 * i, true));
  return { name, offset, length, check: { blockBytes, checksums } };
}

function bad(what: string): FormatError {
  return new FormatError('BAD_CONTENT', `The gallery is whole, but its directory says ${what}. Index it again.`);
}
