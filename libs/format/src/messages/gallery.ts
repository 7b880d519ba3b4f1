/** @file The messages of ../../proto/gallery.proto. */
import { bytes, fixed64, Message, type MessageOf, message, numbersByName, repeated, text, whole } from '../protobuf.ts';

export const Stored = new Message({
  offset: fixed64(1),
  length: whole(2),
  blockBytes: whole(3),
  checksums: bytes(4),
});
export type Stored = MessageOf<typeof Stored>;

export const Segment = new Message({
  rows: whole(1),
  codes: message(Stored, 2),
  removed: message(Stored, 3),
  idOffsets: message(Stored, 4),
  ids: message(Stored, 5),
  labelOffsets: message(Stored, 6),
  labels: message(Stored, 7),
  metadataOffsets: message(Stored, 8),
  metadata: message(Stored, 9),
  thumbnailIndex: message(Stored, 10),
  thumbnails: message(Stored, 11),
});
export type Segment = MessageOf<typeof Segment>;

const ImagePart = new Message({ name: text(1), stored: message(Stored, 2) });

export const IndexImage = new Message({
  kind: text(1),
  version: whole(2),
  count: whole(3),
  facts: numbersByName(4),
  parts: repeated(message(ImagePart, 5)),
});
export type IndexImage = MessageOf<typeof IndexImage>;

export const GalleryDirectory = new Message({
  codebookSha256: bytes(1),
  m: whole(2),
  k: whole(3),
  classes: repeated(text(4)),
  thumbnailType: text(5),
  idKind: whole(6),
  image: message(IndexImage, 7),
  segments: repeated(message(Segment, 8)),
  weights: text(9),
});
export type GalleryDirectory = MessageOf<typeof GalleryDirectory>;

/** `GalleryDirectory.idKind`. */
export const ID_KIND = { string: 1, u32: 2, u64: 3 } as const;

const Section = new Message({ kind: whole(1), offset: whole(2), length: whole(3), sha256: bytes(4) });

/** Of schema version 1. */
export const GalleryHeader = new Message({
  codebookSha256: bytes(1),
  m: whole(2),
  k: whole(3),
  count: whole(4),
  classes: repeated(text(5)),
  thumbnailType: text(6),
  sections: repeated(message(Section, 7)),
});
export type GalleryHeader = MessageOf<typeof GalleryHeader>;

/** `Section.kind`. */
export const SECTION_KIND = { codes: 1, ids: 2, labels: 3, 'thumbnail index': 4, thumbnails: 5 } as const;
