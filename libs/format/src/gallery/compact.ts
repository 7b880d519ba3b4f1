/** @file A gallery written anew around an image that holds its tail: without replaced directories and removed items. */
import { bad, imageOf } from './content.ts';
import { encodeDirectory } from './directory.ts';
import { aligned } from './layout.ts';
import { addMerged } from './merge.ts';
import type { IndexImage } from './meta.ts';
import { addImage, SectionList } from './sections.ts';
import type { GalleryState } from './state.ts';
import type { SectionReader } from './stored.ts';
import { SUPERBLOCK_BYTES } from './superblock.ts';
import { frontOf, sectionChunks } from './write.ts';

/**
 * The bytes of the new file, piece by piece. Texts are read twice, for their checksums and for the file; what is held of
 * them is their tables, 8 to 16 bytes a row each.
 *
 * @param image of all rows that are there: base and tail without `removed`
 * @param removed all rows that are gone, ascending
 * @throws FormatError `BAD_INPUT` for an image of another number of items; `TRUNCATED`, `DAMAGED`, `BAD_CONTENT`
 */
export async function compactedChunks(
  reader: SectionReader,
  { meta, segments }: GalleryState,
  { image, removed, signal }: { image: IndexImage; removed: Uint32Array; signal?: AbortSignal | undefined },
): Promise<AsyncIterable<Uint8Array>> {
  if (image.count !== meta.count) {
    throw bad(`The image has ${image.count} items; expected ${meta.count}: all that are there, with the tail.`);
  }
  imageOf({ ...meta, items: [], image, removed }, meta.rows);
  const list = new SectionList(SUPERBLOCK_BYTES);
  const parts = addImage(list, image);
  const gone = new Set(removed);
  const base = await addMerged(list, { reader, segments, idKind: meta.idKind, codes: false, removed, gone, signal });
  const encode = () => encodeDirectory({ meta, image, parts, segments: [base] });
  list.shift(aligned(encode().length));
  const directory = encode();
  async function* chunks() {
    yield* frontOf(directory, list.end, meta.generation + 1);
    yield* sectionChunks(list.planned);
  }
  return chunks();
}
