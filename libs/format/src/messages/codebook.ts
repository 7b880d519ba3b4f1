/** @file The messages of ../../proto/codebook.proto. */
import { bytes, double, Message, message, optional, repeated, text, whole } from '../protobuf.ts';

export const Training = new Message({
  data: text(1),
  protocol: text(2),
  recipe: text(3),
  seed: whole(4),
  engine: text(5),
  epochs: whole(6),
  trainImages: whole(7),
  metric: text(8),
  map: optional(double(9)),
});

export const Codebook = new Message({
  m: whole(1),
  k: whole(2),
  d: whole(3),
  codewords: bytes(4),
  distance: whole(5),
  modelSha256: bytes(6),
  preprocessSha256: bytes(7),
  classes: repeated(text(8)),
  training: message(Training, 9),
});

export const CodebookFile = new Message({
  magic: text(1),
  schemaVersion: whole(2),
  payloadSha256: bytes(3),
  payload: bytes(4),
});

/** `Codebook.distance`. */
export const DISTANCE = { aqd: 1, ip: 2, sqd: 3 } as const;
