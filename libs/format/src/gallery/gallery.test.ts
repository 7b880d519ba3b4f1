import { describe, expect, it } from 'vitest';
import { bytesSource } from '../source.ts';
import { sampleGallery } from '../testing/samples.ts';
import { openGallery } from './read.ts';
import { writeGallery } from './write.ts';

describe('a gallery', () => {
  it('comes back as it was written', async () => {
    const content = sampleGallery();
    await using gallery = await openGallery(bytesSource(writeGallery(content)));
    expect(gallery.meta).toEqual({
      schemaVersion: 1,
      codebookSha256: content.codebookSha256,
      M: 2,
      K: 4,
      count: 4,
      classes: content.classes,
      thumbnailType: 'image/webp',
    });
    expect(await gallery.codes()).toEqual(content.codes);
    expect(await gallery.ids()).toEqual(content.items.map((item) => item.id));
    expect(await gallery.labels()).toEqual(content.items.map((item) => item.labels));
    expect(await gallery.thumbnails([3, 2, 1, 0])).toEqual([null, Uint8Array.of(9), null, Uint8Array.of(1, 2, 3)]);
    await gallery.verify();
  });
});
