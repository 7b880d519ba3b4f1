/**
 * @file The front of a gallery of schema version 2: which state of the file holds.
 *
 *     0     magic, version, and a checksum that makes a reader of version 1 ask for an update
 *     64    the pointer: 0xA5 says slot A, 0x5A slot B
 *     512   slot A      states 1, 3, 5 …
 *     1024  slot B      states 2, 4, 6 …
 *     1536  the directory of a new file
 *
 * A slot says where the directory of its state is and how long the file is then. A commit writes the slot that isn't
 * pointed to, and then the one byte of the pointer: there is no moment at which neither state holds. The slots stand in
 * sectors of their own, so that a torn write of one spares the other.
 */
import { FormatError } from '../errors.ts';
import { sameBytes, sha256, toHex } from '../sha256.ts';
import { MAGIC, SCHEMA_VERSION } from './layout.ts';

/** Bytes in front of the first directory. */
export const SUPERBLOCK_BYTES = 1536;
/** Where the pointer stands. */
export const POINTER_AT = 64;
const SECTOR = 512;
const SLOT_MAGIC = new TextEncoder().encode('DQNSTATE');
const SLOT_BYTES = 104;
const SLOT_CHECKSUM_AT = 72;
const POINTERS = [0xa5, 0x5a] as const;

/**
 * The first 64 bytes, the same in every file of this version. To a reader of version 1 they are a whole header of a
 * newer schema: it asks for an update where it would else speak of damage.
 */
const PREAMBLE = new Uint8Array(POINTER_AT);
PREAMBLE.set(MAGIC);
new DataView(PREAMBLE.buffer).setUint32(8, SCHEMA_VERSION, true);
new DataView(PREAMBLE.buffer).setUint32(12, 16, true);
PREAMBLE.set(sha256(PREAMBLE.subarray(0, 16), PREAMBLE.subarray(48)), 16);

/** A state of the file. */
export interface Slot {
  /** Counted from 1. */
  readonly generation: number;
  /** Bytes of the file that belong to it. */
  readonly fileLength: number;
  readonly directoryOffset: number;
  readonly directoryLength: number;
  /** 32 bytes. */
  readonly directorySha256: Uint8Array;
}

/** The superblock of a new file, which has one state. */
export function firstSuperblock(slot: Slot): Uint8Array {
  const bytes = new Uint8Array(SUPERBLOCK_BYTES);
  bytes.set(PREAMBLE);
  bytes[POINTER_AT] = pointerTo(slot);
  const { offset, bytes: packed } = packSlot(slot);
  bytes.set(packed, offset);
  return bytes;
}

/** The sector of a state and where it belongs; odd states have slot A, even ones B. */
export function packSlot(slot: Slot): { offset: number; bytes: Uint8Array } {
  const bytes = new Uint8Array(SECTOR);
  const view = new DataView(bytes.buffer);
  bytes.set(SLOT_MAGIC);
  view.setBigUint64(8, BigInt(slot.generation), true);
  view.setBigUint64(16, BigInt(slot.fileLength), true);
  view.setBigUint64(24, BigInt(slot.directoryOffset), true);
  view.setBigUint64(32, BigInt(slot.directoryLength), true);
  bytes.set(slot.directorySha256, 40);
  bytes.set(sha256(bytes.subarray(0, SLOT_CHECKSUM_AT)), SLOT_CHECKSUM_AT);
  return { offset: slot.generation % 2 === 1 ? SECTOR : 2 * SECTOR, bytes };
}

/** The pointer's byte that makes a state the one that holds. */
export function pointerTo(slot: Slot): number {
  return POINTERS[(slot.generation + 1) % 2];
}

/**
 * The state that holds. The other slot is not looked at.
 *
 * @param bytes the first bytes of the file
 * @param size of the whole file
 * @throws FormatError `TRUNCATED`, `DAMAGED`
 */
export function readSuperblock(bytes: Uint8Array, size: number): Slot {
  const before = Math.min(bytes.length, POINTER_AT);
  if (!sameBytes(bytes.subarray(0, before), PREAMBLE.subarray(0, before))) throw damaged('its first 64 bytes');
  if (bytes.length < SUPERBLOCK_BYTES) {
    throw new FormatError('TRUNCATED', `The gallery ends after ${bytes.length} bytes: it is truncated. Copy it again.`);
  }
  const which = POINTERS.indexOf(bytes[POINTER_AT] as 0xa5);
  if (which < 0) throw damaged(`its pointer, which is ${bytes[POINTER_AT]}; expected ${POINTERS.join(' or ')}`);
  const sector = bytes.subarray((which + 1) * SECTOR, (which + 2) * SECTOR);
  const zeros = [bytes.subarray(POINTER_AT + 1, SECTOR), sector.subarray(SLOT_BYTES)];
  if (zeros.some((part) => part.some((byte) => byte !== 0))) throw damaged('its superblock');
  const found = sha256(sector.subarray(0, SLOT_CHECKSUM_AT));
  const expected = sector.subarray(SLOT_CHECKSUM_AT, SLOT_BYTES);
  if (!sameBytes(sector.subarray(0, 8), SLOT_MAGIC) || !sameBytes(found, expected)) {
    throw damaged(`its slot ${'AB'[which]}, with SHA-256 ${toHex(found)} instead of ${toHex(expected)}`);
  }
  const view = new DataView(sector.buffer, sector.byteOffset, SLOT_BYTES);
  const number = (at: number) => Number(view.getBigUint64(at, true));
  const slot: Slot = {
    generation: number(8),
    fileLength: number(16),
    directoryOffset: number(24),
    directoryLength: number(32),
    directorySha256: sector.slice(40, SLOT_CHECKSUM_AT),
  };
  const end = slot.directoryOffset + slot.directoryLength;
  if (pointerTo(slot) !== bytes[POINTER_AT] || slot.directoryOffset < SUPERBLOCK_BYTES || end > slot.fileLength) {
    throw new FormatError('BAD_CONTENT', `The gallery is whole, but state ${slot.generation} can't be in its slot.`);
  }
  if (slot.fileLength > size) {
    throw new FormatError(
      'TRUNCATED',
      `The gallery should have ${slot.fileLength} bytes, but has ${size}: it is truncated. Copy it again.`,
    );
  }
  return slot;
}

function damaged(what: string): FormatError {
  return new FormatError('DAMAGED', `The gallery is damaged in ${what}. Copy or index it again.`);
}
