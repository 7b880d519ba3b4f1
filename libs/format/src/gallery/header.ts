/** @file Reads and verifies the header of a gallery: where everything is. */
import { FormatError } from '../errors.ts';
import { sameBytes, sha256, toHex } from '../sha256.ts';
import { type ByteSource, readRange } from '../source.ts';
import {
  aligned,
  CHECKSUM_AT,
  GalleryHeader,
  INDEX_BYTES,
  MAGIC,
  PREFIX_BYTES,
  SCHEMA_VERSION,
  SECTIONS,
  type SectionName,
} from './layout.ts';
import type { GalleryMeta } from './meta.ts';

/** Where a section stands. */
export interface Section {
  readonly name: SectionName;
  /** Of its first byte in the file. */
  readonly offset: number;
  /** Bytes, without the padding. */
  readonly length: number;
  /** Over the section and its padding, 32 bytes. */
  readonly sha256: Uint8Array;
}

/** Bytes of the first read: nearly always the whole header. */
const FIRST_READ = 16_384;
/** A header longer than this is no header: room for a million classes. */
const LONGEST_HEADER = 2 ** 26;

/**
 * Reads a header, by one range or two.
 *
 * @throws FormatError `NOT_A_GALLERY`, `TRUNCATED`, `DAMAGED`, `NEWER_SCHEMA`, `BAD_CONTENT`
 */
export async function readHeader(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<{ meta: GalleryMeta; sections: Map<SectionName, Section> }> {
  let bytes = await readRange(source, 0, Math.min(source.size, FIRST_READ), 'The header', signal);
  if (!sameBytes(bytes.subarray(0, MAGIC.length), MAGIC.subarray(0, bytes.length))) {
    throw new FormatError('NOT_A_GALLERY', "The bytes don't begin as a gallery does. Is it another file?");
  }
  if (bytes.length < PREFIX_BYTES) {
    throw new FormatError('TRUNCATED', `The gallery ends after ${bytes.length} bytes: it is truncated. Copy it again.`);
  }
  const prefix = new DataView(bytes.buffer, bytes.byteOffset, PREFIX_BYTES);
  const version = prefix.getUint32(8, true);
  const length = prefix.getUint32(12, true);
  if (length > LONGEST_HEADER) {
    throw new FormatError('DAMAGED', `The gallery says that its header has ${length} bytes: it is damaged.`);
  }
  const start = aligned(PREFIX_BYTES + length);
  if (start > bytes.length) bytes = await readRange(source, 0, start, 'The header', signal);
  checkChecksum(bytes.subarray(0, start));
  if (version > SCHEMA_VERSION) {
    throw new FormatError(
      'NEWER_SCHEMA',
      `The gallery has schema version ${version}; this program reads up to ${SCHEMA_VERSION}. Update it.`,
    );
  }
  const header = decode(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + length));
  const meta: GalleryMeta = {
    schemaVersion: 1,
    codebookSha256: toHex(header.codebookSha256),
    M: header.m,
    K: header.k,
    count: Number(header.count),
    classes: header.classes,
    thumbnailType: header.thumbnailType,
  };
  checkMeta(meta, version);
  return { meta, sections: locate(header, meta, start, source.size) };
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

function checkMeta({ M, K, count, codebookSha256 }: GalleryMeta, version: number): void {
  const wrong =
    version < 1
      ? `schema version ${version}; expected at least 1`
      : M < 1 || M > 32
        ? `M = ${M}; expected 1 to 32`
        : K < 2 || K > 256 || (K & (K - 1)) !== 0
          ? `K = ${K}; expected a power of two from 2 to 256`
          : !Number.isSafeInteger(count)
            ? `${count} items`
            : codebookSha256.length !== 64
              ? `codebook '${codebookSha256}'; expected a SHA-256`
              : undefined;
  if (wrong !== undefined) throw new FormatError('BAD_CONTENT', `The gallery is whole, but its header says ${wrong}.`);
}

/** Finds the sections, and checks that they fill the file without gaps. */
function locate(
  header: InstanceType<typeof GalleryHeader>,
  { count, M }: GalleryMeta,
  start: number,
  size: number,
): Map<SectionName, Section> {
  const sections = new Map<SectionName, Section>();
  const names = new Map(Object.entries(SECTIONS).map(([name, kind]) => [kind as number, name as SectionName]));
  let end = start;
  for (const { kind, offset, length, sha256: hash } of header.sections) {
    // A kind of a later writer: something that may be ignored.
    const name = names.get(kind ?? 0);
    if (start + Number(offset) !== end || hash?.length !== 32 || (name !== undefined && sections.has(name))) {
      throw new FormatError(
        'BAD_CONTENT',
        `The gallery is whole, but section ${name ?? kind} is not where it belongs.`,
      );
    }
    if (name !== undefined) sections.set(name, { name, offset: end, length: Number(length), sha256: hash });
    end += aligned(Number(length));
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
