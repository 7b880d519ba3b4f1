/**
 * @file Faiss's files of product quantizers: `faiss.write_index` of an `IndexPQ`, bare or in an `IndexIDMap`.
 *
 * All little-endian, one behind the other:
 *
 * | | |
 * |---|---|
 * | u32 | 'IxPq' (before 2018 'IxPo', 'IxPQ') |
 * | header | d i32, ntotal i64, two unused i64, is_trained u8, metric_type i32 (0 inner product, 1 L2) |
 * | quantizer | d u64, M u64, nbits u64, count u64, centroids f32 [M, 2^nbits, d/M] |
 * | codes | count u64, ntotal × ⌈M · nbits / 8⌉ bytes: a code's indices one behind the other from the lowest bit up |
 * | search | search_type i32, encode_signs u8, polysemous_ht i32 (not in 'IxPQ') |
 *
 * An IndexIDMap is 'IxMp' (or 'IxM2'), a header, the index, a count u64 and ids i64.
 */
import { type Codebook, checkArray, checkCodebook, checkCodes, type Distance, MAX_SUBSPACES } from '../codebook.ts';
import { PqError } from '../errors.ts';
import { checkDistance, checkGiven } from '../given.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** What a file of Faiss's holds: the codewords, and the codes made with them. */
export interface FaissIndex {
  readonly codebook: Codebook;
  /** [N, M] row-major, a byte a subspace, however many bits Faiss keeps. */
  readonly codes: Uint8Array;
  /**
   * What Faiss ranks by: `aqd` its METRIC_L2, `ip` its METRIC_INNER_PRODUCT (negated here), `sqd` its ST_SDC. To be given
   * to `search`. Faiss adds up in float32, so that its distances differ in the last digits.
   */
  readonly distance: Distance;
  /** [N] the ids of an IndexIDMap, for `createIndex`; where there are none, items are numbered from 0. */
  readonly ids?: Uint32Array;
}

const INNER_PRODUCT = 0;
const L2 = 1;
/** Faiss's `IndexPQ::Search_type_t`. The polysemous ones leave codes out by their Hamming distance, then rank as ST_PQ. */
const SEARCH = ['ST_PQ', 'ST_HE', 'ST_generalized_HE', 'ST_SDC', 'ST_polysemous', 'ST_polysemous_generalize'];
const SDC = 3;
/** What Faiss writes where it had fields once. */
const UNUSED = 1 << 20;

/**
 * Reads what `faiss.write_index(index, path)` wrote of an `IndexPQ` with 1 to 8 bits a subspace.
 *
 * The file has no checksum: what is damaged is found where its sizes, flags, or numbers can't be.
 *
 * @param bytes the whole file; where codes are whole bytes (nbits = 8), `codes` is a view of it
 * @throws PqError `BAD_FILE`, naming the byte; `BAD_OPTION` for what are no bytes
 */
export function readFaiss(bytes: Uint8Array): FaissIndex {
  const reader = new Reader(bytes, 'Faiss index');
  const kind = fourcc(reader);
  let index: FaissIndex;
  if (kind === 'IxMp' || kind === 'IxM2') {
    const outer = readHeader(reader);
    const at = reader.offset;
    index = readIndexPq(reader, fourcc(reader));
    const N = index.codes.length / index.codebook.M;
    if (outer.ntotal !== N) {
      reader.fail(at, `begins an index of ${N} codes`, `${outer.ntotal}, as the header of its ids says`);
    }
    index = { ...index, ids: readIds(reader, N) };
  } else {
    index = readIndexPq(reader, kind);
  }
  reader.end();
  return index;
}

function fourcc(reader: Reader): string {
  return String.fromCharCode(...reader.take(4, 'the kind of index'));
}

interface Header {
  d: number;
  ntotal: number;
  metric: number;
}

function readHeader(reader: Reader): Header {
  const d = reader.i32('d');
  const at = reader.offset;
  const ntotal = reader.i64('ntotal');
  if (ntotal < 0) reader.fail(at, `says ${ntotal} vectors`, '0 or more');
  reader.take(16, 'what is not used');
  const trained = reader.u8('is_trained');
  if (trained !== 1) reader.fail(reader.offset - 1, `says is_trained = ${trained}`, '1: train the index first');
  const metric = reader.i32('metric_type');
  if (metric !== INNER_PRODUCT && metric !== L2) {
    reader.fail(reader.offset - 4, `says metric_type = ${metric}`, '0 (inner product) or 1 (L2)');
  }
  return { d, ntotal, metric };
}

function readIndexPq(reader: Reader, kind: string): FaissIndex {
  if (kind !== 'IxPq' && kind !== 'IxPo' && kind !== 'IxPQ') {
    reader.fail(
      reader.offset - 4,
      `begins an index of the kind ${JSON.stringify(kind)}`,
      "'IxPq', an IndexPQ (or 'IxMp', 'IxM2', one in an IndexIDMap). Of other kinds, write their `pq` and codes as one",
    );
  }
  const header = readHeader(reader);
  const { codebook, nbits } = readQuantizer(reader, header.d);
  const codes = readCodes(reader, header.ntotal, codebook.M, nbits);
  const searchType = kind === 'IxPQ' ? 0 : readSearch(reader);
  // Faiss forces this, too: the two older kinds wrote inner product and meant L2.
  const metric = kind === 'IxPq' ? header.metric : L2;
  return { codebook, codes, distance: searchType === SDC ? 'sqd' : metric === L2 ? 'aqd' : 'ip' };
}

function readQuantizer(reader: Reader, d: number): { codebook: Codebook; nbits: number } {
  const at = reader.offset;
  const D = reader.i64("the quantizer's d");
  const M = reader.i64('M');
  const nbits = reader.i64('nbits');
  if (D !== d || D < 1) reader.fail(at, `says d = ${D}`, `the ${d} of the header, at least 1`);
  if (M < 1 || M > MAX_SUBSPACES || D % M !== 0) {
    reader.fail(at + 8, `says M = ${M}`, `1 to ${MAX_SUBSPACES} subspaces, a divisor of d = ${D}`);
  }
  if (nbits < 1 || nbits > 8) reader.fail(at + 16, `says nbits = ${nbits}`, '1 to 8 bits a subspace');
  const K = 1 << nbits;
  const counted = reader.offset;
  const count = reader.count('centroid coordinates', 4);
  if (count !== K * D) {
    reader.fail(counted, `says ${count} centroid coordinates`, `${K * D} = 2^nbits × d for nbits = ${nbits}, d = ${D}`);
  }
  const from = reader.offset;
  // A copy: the codebook shall not hold the whole file.
  const codewords = new Float32Array(reader.take(4 * count, 'centroids').slice().buffer);
  const bad = codewords.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) reader.fail(from + 4 * bad, `holds the centroid coordinate ${codewords[bad]}`, 'a finite number');
  return { codebook: { M, K, D, codewords }, nbits };
}

function readCodes(reader: Reader, N: number, M: number, nbits: number): Uint8Array {
  const at = reader.offset;
  const each = Math.ceil((M * nbits) / 8);
  const count = reader.count('bytes of codes', 1);
  if (count !== N * each) {
    reader.fail(at, `says ${count} bytes of codes`, `${N * each} for ${N} codes of ${M} × ${nbits} bits`);
  }
  const packed = reader.take(count, 'codes');
  return nbits === 8 ? packed : unpack(packed, M, nbits);
}

/** Which search the index was set to. */
function readSearch(reader: Reader): number {
  const at = reader.offset;
  const type = reader.i32('search_type');
  const name = SEARCH[type];
  if (name === undefined) reader.fail(at, `says search_type = ${type}`, '0 to 5');
  if (name === 'ST_HE' || name === 'ST_generalized_HE') {
    reader.fail(at, `says search_type = ${name}, a Hamming distance`, 'ST_PQ, ST_SDC or a polysemous one');
  }
  const signs = reader.u8('encode_signs');
  if (signs !== 0) reader.fail(at + 4, `says encode_signs = ${signs}: codes of signs`, '0: codes of the quantizer');
  reader.i32('polysemous_ht');
  return type;
}

function readIds(reader: Reader, N: number): Uint32Array {
  const at = reader.offset;
  const count = reader.count('ids', 8);
  if (count !== N) reader.fail(at, `says ${count} ids`, `${N}, one a code`);
  const from = reader.offset;
  const wide = new BigInt64Array(reader.take(8 * count, 'ids').slice().buffer);
  const ids = new Uint32Array(N);
  for (let i = 0; i < N; i++) {
    if (BigInt.asUintN(32, wide[i]) !== wide[i]) {
      reader.fail(from + 8 * i, `holds the id ${wide[i]}`, '0 to 2^32 − 1, which an index here can hold');
    }
    ids[i] = Number(wide[i]);
  }
  return ids;
}

/**
 * Writes a file that `faiss.read_index` reads as an `IndexPQ`, or with `ids` as an `IndexIDMap` of one. Its searches
 * give the same items and distances. With `sqd`, Faiss wants `index.pq.compute_sdc_table()` called after reading.
 *
 * @throws PqError `BAD_SHAPE`, `BAD_CODE`, `NOT_FINITE`, `BAD_OPTION` (a distance it doesn't know)
 */
export function writeFaiss(index: FaissIndex): Uint8Array {
  checkGiven(index, 'The parts of the index', '{ codebook, codes, distance }');
  const { codebook, codes, distance, ids } = index;
  checkCodebook(codebook);
  const { M, K, D, codewords } = codebook;
  const N = checkCodes(codes, M, K);
  checkDistance(distance);
  if (ids !== undefined) checkArray(ids, Uint32Array, 'The ids', '[N]');
  if (ids !== undefined && ids.length !== N) {
    throw new PqError('BAD_SHAPE', `There are ${ids.length} ids; expected ${N}, one a code.`);
  }
  const nbits = Math.log2(K);
  const packed = nbits === 8 ? codes : pack(codes, M, nbits);
  const size = 4 + 33 + 32 + 4 * codewords.length + 8 + packed.length + 9;
  const writer = new Writer(size + (ids === undefined ? 0 : 4 + 33 + 8 + 8 * N));
  const begin = (kind: string): void => {
    writer.text(kind);
    writer.i32(D);
    for (const value of [N, UNUSED, UNUSED]) writer.i64(value);
    writer.u8(1);
    writer.i32(distance === 'ip' ? INNER_PRODUCT : L2);
  };
  if (ids !== undefined) begin('IxMp');
  begin('IxPq');
  for (const value of [D, M, nbits, codewords.length]) writer.i64(value);
  for (const value of codewords) writer.f32(value);
  writer.i64(packed.length);
  writer.raw(packed);
  writer.i32(distance === 'sqd' ? SDC : 0);
  writer.u8(0);
  // Faiss's own default, which switches the polysemous filter off: more bits than a code has.
  writer.i32(nbits * M + 1);
  if (ids !== undefined) {
    writer.i64(N);
    for (const id of ids) writer.i64(id);
  }
  return writer.bytes;
}

/** Codes of M indices of nbits each, from the lowest bit up, to a byte an index. */
function unpack(packed: Uint8Array, M: number, nbits: number): Uint8Array {
  const each = Math.ceil((M * nbits) / 8);
  const N = packed.length / each;
  const codes = new Uint8Array(N * M);
  const mask = (1 << nbits) - 1;
  for (let row = 0, out = 0; row < N; row++) {
    let at = row * each;
    for (let m = 0, bits = 0, held = 0; m < M; m++, held -= nbits, bits >>= nbits) {
      if (held < nbits) {
        bits |= packed[at++] << held;
        held += 8;
      }
      codes[out++] = bits & mask;
    }
  }
  return codes;
}

function pack(codes: Uint8Array, M: number, nbits: number): Uint8Array {
  const each = Math.ceil((M * nbits) / 8);
  const N = codes.length / M;
  const packed = new Uint8Array(N * each);
  for (let row = 0, i = 0; row < N; row++) {
    for (let m = 0; m < M; m++) {
      const bit = m * nbits;
      const shifted = codes[i++] << (bit & 7);
      const at = row * each + (bit >> 3);
      packed[at] |= shifted;
      if (shifted > 255) packed[at + 1] |= shifted >> 8;
    }
  }
  return packed;
}
