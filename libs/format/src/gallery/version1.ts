/** @file Galleries of schema version 1: one header with a SHA-256 a section, written once and never added to. */
import { FormatError } from '../errors.ts';
import { GalleryHeader, SECTION_KIND } from '../messages/gallery.ts';
import { sameBytes, sha256, toHex } from '../sha256.ts';
import { type ByteSource, readRange } from '../source.ts';
import { aligned, INDEX_BYTES, MOST_ROWS } from './layout.ts';
import type { GalleryMeta } from './meta.ts';
import type { GalleryState, Segment, Stored } from './state.ts';

/** Bytes in front of the header: magic, schema version, header length, checksum. */
const PREFIX_BYTES = 48;
/** Where the checksum stands in them; it covers what is in front of it and the header. */
const CHECKSUM_AT = 16;
/** A header longer than this is no header: room for a million classes. */
const LONGEST_HEADER = 2 ** 26;

/** The name of a section. */
export type SectionName = keyof typeof SECTION_KIND;

/** What of a header doesn't depend on the sections. */
type Head = Pick<GalleryMeta, 'codebookSha256' | 'M' | 'K' | 'count' | 'classes' | 'thumbnailType'>;

/**
 * Reads the header of a gallery of schema version 1.
 *
 * @param first the first bytes, `PREFIX_BYTES` at least; the rest is read where the header is longer
 * @throws FormatError `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`
 */
export async function readVersion1(source: ByteSource, first: Uint8Array, signal?: AbortSignal): Promise<GalleryState> {
  let bytes = first;
  if (bytes.length < PREFIX_BYTES) {
    throw new FormatError('TRUNCATED', `The gallery ends after ${bytes.length} bytes: it is truncated. Copy it again.`);
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset, PREFIX_BYTES).getUint32(12, true);
  if (length > LONGEST_HEADER) {
    throw new FormatError('DAMAGED', `The gallery says that its header has ${length} bytes: it is damaged.`);
  }
  const start = aligned(PREFIX_BYTES + length);
  if (start > bytes.length) bytes = await readRange(source, 0, start, 'The header', signal);
  checkChecksum(bytes.subarray(0, start));
  const header = decode(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + length));
  const head: Head = {
    codebookSha256: toHex(header.codebookSha256),
    M: header.m,
    K: header.k,
    count: header.count,
    classes: header.classes,
    thumbnailType: header.thumbnailType,
  };
  checkHead(head);
  const sections = locate(header, head, start, source.size);
  const { M, K, count } = head;
  const parts = [{ name: 'codes', bytes: count * M }];
  const index = { kind: 'flat', version: 1, M, K, count, facts: {}, parts };
  return {
    meta: { ...head, weights: '', schemaVersion: 1, generation: 1, rows: count, tail: 0, idKind: 'string', index },
    parts: [sections.get('codes')!],
    segments: [segmentOf(sections, count)],
    fileLength: source.size,
  };
}

/** Version 1 as the one segment that it is. */
function segmentOf(sections: ReadonlyMap<SectionName, Stored>, rows: number): Segment {
  const images = sections.get('thumbnails');
  return {
    first: 0,
    rows,
    codes: undefined,
    removed: undefined,
    ids: { joined: sections.get('ids')!, width: 1 },
    labels: { joined: sections.get('labels')!, width: 4 },
    metadata: undefined,
    thumbnails: images && { index: sections.get('thumbnail index')!, images },
  };
}

function checkChecksum(bytes: Uint8Array): void {
  const expected = bytes.subarray(CHECKSUM_AT, PREFIX_BYTES);
  const found = sha256(bytes.subarray(0, CHECKSUM_AT), bytes.subarray(PREFIX_BYTES));
  if (!sameBytes(found, expected)) {
    throw new FormatError(
      'DAMAGED',
      `The gallery says that its header's SHA-256 is ${toHex(expected)}, but it is ${toHex(found)}: the file is ` +
        'damaged. Copy or index it again.',
    );
  }
}

function decode(bytes: Uint8Array) {
  try {
    return GalleryHeader.decode(bytes);
  } catch (cause) {
    throw new FormatError('BAD_CONTENT', "The gallery's header is whole, but no protobuf message.", { cause });
  }
}

function checkHead({ M, K, count, codebookSha256 }: Head): void {
  const wrong =
    M < 1 || M > 32
      ? `M = ${M}; expected 1 to 32`
      : K < 2 || K > 256 || (K & (K - 1)) !== 0
        ? `K = ${K}; expected a power of two from 2 to 256`
        : count > MOST_ROWS
          ? `${count} items; expected up to ${MOST_ROWS}`
          : codebookSha256.length !== 64
            ? `codebook '${codebookSha256}'; expected a SHA-256`
            : undefined;
  if (wrong !== undefined) throw new FormatError('BAD_CONTENT', `The gallery is whole, but its header says ${wrong}.`);
}

/** Finds the sections, and checks that they fill the file without gaps. */
function locate(header: GalleryHeader, { count, M }: Head, start: number, size: number): Map<SectionName, Stored> {
  const sections = new Map<SectionName, Stored>();
  const names = new Map(Object.entries(SECTION_KIND).map(([name, kind]) => [kind as number, name as SectionName]));
  let end = start;
  for (const { kind, offset, length, sha256: hash } of header.sections) {
    // A kind of a later writer: something that may be ignored.
    const name = names.get(kind);
    if (start + offset !== end || hash.length !== 32 || (name !== undefined && sections.has(name))) {
      throw new FormatError(
        'BAD_CONTENT',
        `The gallery is whole, but section ${name ?? kind} is not where it belongs.`,
      );
    }
    if (name !== undefined) {
      sections.set(name, { name, offset: end, length: length, check: { sha256: hash } });
    }
    end += aligned(length);
  }
  const expected: [SectionName, number, boolean][] = [
    ['codes', count * M, true],
    ['ids', count * 4, false],
    ['labels', count * 4, false],
    ...(sections.has('thumbnails')
      ? [['thumbnail index', count * INDEX_BYTES, true] as [SectionName, number, boolean]]
      : []),
  ];
  for (const [name, bytes, exactly] of expected) {
    const found = sections.get(name)?.length;
    if (found === undefined || (exactly ? found !== bytes : found < bytes)) {
      throw new FormatError(
        'BAD_CONTENT',
        `The gallery is whole, but its ${name} have ${found ?? 0} bytes; expected ${exactly ? '' : 'at least '}${bytes}.`,
      );
    }
  }
  if (size !== end) {
    throw new FormatError(
      size < end ? 'TRUNCATED' : 'DAMAGED',
      `The gallery should have ${end} bytes, but has ${size}: it is ${size < end ? 'truncated' : 'damaged'}. Copy it again.`,
    );
  }
  return sections;
}
