/** @file codebook.pb: write, read, verify. The layout is in proto/codebook.proto and FORMAT.md. */
import type { Codebook, Distance } from '@dqn/pq';
import { FormatError } from './errors.ts';
import { DISTANCE, CodebookFile as Envelope, Codebook as Payload, Training } from './messages/codebook.ts';
import { fromHex, sameBytes, sha256, toHex } from './sha256.ts';
import { checkTexts } from './text.ts';

const MAGIC = 'dqn.codebook';
/** The schema version written, and the latest one read. */
const SCHEMA_VERSION = 1;
const DISTANCES = Object.keys(DISTANCE) as Distance[];
/** How every file begins: the tag and length of the envelope's first field, and the magic. */
const FIRST_BYTES = Uint8Array.of(0x0a, MAGIC.length, ...new TextEncoder().encode(MAGIC));

/** A codebook, what it belongs to, and where it comes from. */
export interface CodebookFile extends Codebook {
  readonly schemaVersion: 1;
  /** The distance that the codebook is meant for. */
  readonly distance: Distance;
  /** SHA-256 of model.onnx, 64 hexadecimal digits. */
  readonly modelSha256: string;
  /** SHA-256 of preprocess.onnx, 64 hexadecimal digits. */
  readonly preprocessSha256: string;
  /** Names of the classes that labels index; empty where there are none. */
  readonly classes: readonly string[];
  readonly training: TrainingFacts;
}

/** How a model was trained and what it measured. Nothing here changes from one run of a seed to the next. */
export interface TrainingFacts {
  readonly data: string;
  readonly protocol: string;
  readonly recipe: string;
  readonly seed: number;
  readonly engine: string;
  readonly epochs: number;
  readonly trainImages: number;
  /** What `map` was measured with; empty before an evaluation. */
  readonly metric: string;
  /** Mean average precision, 0 to 1; null before an evaluation. */
  readonly map: number | null;
}

/**
 * The bytes of a codebook.pb. The same codebook gives the same bytes.
 *
 * @throws FormatError `BAD_INPUT`
 */
export function writeCodebook(file: CodebookFile): Uint8Array {
  const problem = findProblem(file);
  if (problem !== undefined) throw new FormatError('BAD_INPUT', `The codebook can't be written: ${problem}`);
  checkTexts(file.classes, 'Class name');
  const codewords = new DataView(new ArrayBuffer(file.codewords.length * 4));
  file.codewords.forEach((value, i) => {
    codewords.setFloat32(i * 4, value, true);
  });
  const { map, ...training } = file.training;
  const payload = Payload.encode({
    m: file.M,
    k: file.K,
    d: file.D,
    codewords: new Uint8Array(codewords.buffer),
    distance: DISTANCE[file.distance],
    modelSha256: fromHex(file.modelSha256, 'modelSha256'),
    preprocessSha256: fromHex(file.preprocessSha256, 'preprocessSha256'),
    classes: [...file.classes],
    training: { ...training, map: map ?? undefined },
  });
  return Envelope.encode({
    magic: MAGIC,
    schemaVersion: SCHEMA_VERSION,
    payloadSha256: checksum(SCHEMA_VERSION, payload),
    payload,
  });
}

/**
 * Reads and verifies a codebook.pb.
 *
 * @throws FormatError `NOT_A_CODEBOOK`, `TRUNCATED`, `DAMAGED`, `NEWER_SCHEMA`, `BAD_CONTENT`
 */
export function readCodebook(bytes: Uint8Array): CodebookFile {
  const payload = openEnvelope(bytes);
  const message = decode(() => Payload.decode(payload), 'The payload');
  const view = new DataView(message.codewords.buffer, message.codewords.byteOffset, message.codewords.byteLength);
  const codewords = new Float32Array(Math.floor(view.byteLength / 4));
  for (let i = 0; i < codewords.length; i++) codewords[i] = view.getFloat32(i * 4, true);
  const distance = DISTANCES.find((name) => DISTANCE[name] === message.distance);
  if (distance === undefined) {
    throw new FormatError('BAD_CONTENT', `The codebook names distance ${message.distance}; expected 1, 2 or 3.`);
  }
  const training = message.training ?? Training.decode(new Uint8Array(0));
  const file: CodebookFile = {
    schemaVersion: 1,
    M: message.m,
    K: message.k,
    D: message.d,
    codewords,
    distance,
    modelSha256: toHex(message.modelSha256),
    preprocessSha256: toHex(message.preprocessSha256),
    classes: message.classes,
    training: {
      data: training.data,
      protocol: training.protocol,
      recipe: training.recipe,
      seed: training.seed,
      engine: training.engine,
      epochs: training.epochs,
      trainImages: training.trainImages,
      metric: training.metric,
      map: training.map ?? null,
    },
  };
  const problem = findProblem(file);
  if (problem !== undefined) throw new FormatError('BAD_CONTENT', `The codebook is whole, but ${problem}`);
  return file;
}

/** Unwraps the payload after checking everything around it. */
function openEnvelope(bytes: Uint8Array): Uint8Array {
  const begins = FIRST_BYTES.subarray(0, bytes.length);
  if (!sameBytes(bytes.subarray(0, FIRST_BYTES.length), begins)) {
    throw new FormatError('NOT_A_CODEBOOK', "The bytes don't begin as a codebook.pb does. Is it another file?");
  }
  if (bytes.length < FIRST_BYTES.length) throw truncated(bytes.length);
  const file = decode(() => Envelope.decode(bytes), `The file of ${bytes.length} bytes`);
  if (file.payload.length === 0) throw truncated(bytes.length);
  const found = checksum(file.schemaVersion, file.payload);
  if (!sameBytes(found, file.payloadSha256)) {
    throw new FormatError(
      'DAMAGED',
      `The codebook says that its SHA-256 is ${toHex(file.payloadSha256)}, but it is ${toHex(found)}: the file is ` +
        'damaged. Copy, download or export it again.',
    );
  }
  if (file.schemaVersion > SCHEMA_VERSION) {
    throw new FormatError(
      'NEWER_SCHEMA',
      `The codebook has schema version ${file.schemaVersion}; this program reads up to ${SCHEMA_VERSION}. Update it.`,
    );
  }
  // Every byte is accounted for: nothing stands between or behind the four fields.
  if (file.schemaVersion < 1 || Envelope.encode(file).length !== bytes.length) {
    throw new FormatError('DAMAGED', `The file of ${bytes.length} bytes holds more than a codebook: it is damaged.`);
  }
  return file.payload;
}

function checksum(version: number, payload: Uint8Array): Uint8Array {
  const little = new Uint8Array(4);
  new DataView(little.buffer).setUint32(0, version, true);
  return sha256(new TextEncoder().encode(MAGIC), little, payload);
}

/** Runs the decoder and translates its errors. */
function decode<T>(run: () => T, what: string): T {
  try {
    return run();
  } catch (cause) {
    // A length that points behind the end: what a truncated file shows, and now and then a flipped bit.
    if (cause instanceof RangeError) {
      throw new FormatError('TRUNCATED', `${what} ends before its content does: it is truncated or damaged.`, {
        cause,
      });
    }
    throw new FormatError(
      'DAMAGED',
      `${what} isn't a protobuf message: it is damaged, or another file, such as a web page.`,
      { cause },
    );
  }
}

function truncated(size: number): FormatError {
  return new FormatError('TRUNCATED', `The codebook ends after ${size} bytes: the file is truncated. Copy it again.`);
}

/** What makes this no codebook, or undefined. */
function findProblem(file: CodebookFile): string | undefined {
  const { M, K, D, codewords, training } = file;
  if (file.schemaVersion !== 1) return `schemaVersion is ${file.schemaVersion}; expected 1.`;
  if (!Number.isInteger(M) || M < 1 || M > 32) return `M is ${M}; expected 1 to 32.`;
  if (!Number.isInteger(K) || K < 2 || K > 256 || (K & (K - 1)) !== 0) {
    return `K is ${K}; expected a power of two from 2 to 256.`;
  }
  if (!Number.isInteger(D) || D < 1 || D % M !== 0) return `D is ${D}; expected a multiple of M = ${M}.`;
  if (codewords.length !== K * D) return `it holds ${codewords.length} numbers; expected M × K × D/M = ${K * D}.`;
  const bad = codewords.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) return `number ${bad} is ${codewords[bad]}; expected finite numbers.`;
  if (!DISTANCES.includes(file.distance)) return `distance is '${file.distance}'; expected 'aqd', 'ip' or 'sqd'.`;
  for (const hash of [file.modelSha256, file.preprocessSha256]) {
    if (!/^[0-9a-f]{64}$/.test(hash)) return `'${hash}' is no SHA-256; expected 64 hexadecimal digits.`;
  }
  for (const name of ['seed', 'epochs', 'trainImages'] as const) {
    const value = training[name];
    const most = name === 'seed' ? Number.MAX_SAFE_INTEGER : 0xffffffff;
    if (!Number.isInteger(value) || value < 0 || value > most) {
      return `training.${name} is ${value}; expected a whole number from 0 to ${most}.`;
    }
  }
  if (training.map !== null && !(training.map >= 0 && training.map <= 1)) {
    return `training.map is ${training.map}; expected 0 to 1, or null before an evaluation.`;
  }
  return undefined;
}
