/** @file A gallery file that is open: its identity, and what of it is kept in memory. */
import { createHash } from 'node:crypto';
import { type Gallery, type GalleryIds, type LabelTable, openGallery } from '@dqn/format';
import { type Files, readFully, type StoreFile } from './files.ts';
import { Shared } from './shared.ts';

/** Bytes that tell one state of a gallery file from any other: checksums of its directory stand in them. */
const IDENTITY_BYTES = 1536;

/** What tells one state of a gallery file from any other, as hexadecimal digits. */
export async function identityOf(file: StoreFile): Promise<string> {
  const front = new Uint8Array(IDENTITY_BYTES);
  const length = await readFully(file, front, 0);
  return createHash('sha256').update(front.subarray(0, length)).digest('hex');
}

/** Columns of a gallery file. */
export interface Base {
  readonly gallery: Shared<Gallery>;
  readonly identity: string;
  readonly ids: GalleryIds;
  /** undefined where no item has any. */
  readonly labels: LabelTable | undefined;
  readonly rows: number;
  /** Bytes of the file. */
  readonly size: number;
}

/**
 * Opens a gallery file through the port.
 *
 * @throws FormatError as `openGallery`; the system's errors
 */
export async function openGalleryFile(
  files: Files,
  path: string,
  signal?: AbortSignal,
): Promise<{ gallery: Gallery; identity: string; size: number }> {
  const file = await files.open(path, 'r');
  try {
    const size = await file.size();
    const readInto = async (offset: number, target: Uint8Array) => readFully(file, target, offset);
    const gallery = await openGallery(
      {
        size,
        async read(offset, length) {
          const bytes = new Uint8Array(length);
          return bytes.subarray(0, await readInto(offset, bytes));
        },
        readInto,
        close: () => file.close(),
      },
      { signal },
    );
    return { gallery, identity: await identityOf(file), size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Reads what of a gallery file is kept in memory. */
export async function readBase(opened: Awaited<ReturnType<typeof openGalleryFile>>): Promise<Base> {
  const { gallery, identity, size } = opened;
  const [ids, labels] = await Promise.all([gallery.openIds(), gallery.labelTable()]);
  return {
    gallery: new Shared(gallery),
    identity,
    ids,
    labels: labels.values.length > 0 ? labels : undefined,
    rows: gallery.meta.rows,
    size,
  };
}
