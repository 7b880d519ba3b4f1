/** @file Pictures by their keys, from a server that speaks S3 as little as is needed. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { madeUpPicture } from '@dqn/runtime/testing';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bucketPictures, openBucketReader } from './bucket.ts';

const PICTURE = madeUpPicture(1, 20, 16);
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

describe('pictures in object storage', () => {
  const objects = new Map<string, Buffer>();
  let server: Server;
  let authorized: string[] = [];

  beforeAll(async () => {
    const png = await sharp(PICTURE.data, { raw: { width: 20, height: 16, channels: 3 } })
      .png()
      .toBuffer();
    for (const key of ['cat/1.png', 'cat/ü & "x".PNG', 'dog/deep/2.png', '3.jpg']) objects.set(`photos/${key}`, png);
    objects.set('photos/notes.txt', Buffer.from('none'));
    objects.set('photos/dog/broken.png', Buffer.from('none'));
    objects.set('photos2/4.png', png);
    server = createServer((request, response) => {
      authorized.push(request.headers.authorization ?? '');
      const url = new URL(request.url!, 'http://h');
      const [, bucket, ...path] = decodeURIComponent(url.pathname).split('/');
      if (bucket !== 'pictures') {
        const body = '<Error><Code>NoSuchBucket</Code><Message>no such bucket</Message></Error>';
        response.writeHead(404, { 'content-type': 'application/xml' }).end(body);
      } else if (path.join('/') !== '') {
        const bytes = objects.get(path.join('/'));
        response.writeHead(bytes ? 200 : 404).end(bytes);
      } else {
        // Pages of two keys.
        const prefix = url.searchParams.get('prefix') ?? '';
        const from = Number(url.searchParams.get('continuation-token') ?? 0);
        const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
        const contents = keys.slice(from, from + 2).map((key) => `<Contents><Key>${escaped(key)}</Key></Contents>`);
        const more = from + 2 < keys.length;
        response
          .writeHead(200, { 'content-type': 'application/xml' })
          .end(
            `<ListBucketResult><IsTruncated>${more}</IsTruncated>${contents.join('')}` +
              `${more ? `<NextContinuationToken>${from + 2}</NextContinuationToken>` : ''}</ListBucketResult>`,
          );
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'me');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'a secret');
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });

  it('are listed by their keys below the prefix, with their folder as label, and read', async () => {
    const signal = AbortSignal.timeout(20_000);
    const pictures = await bucketPictures('s3://pictures/photos', signal);
    const refs = Array.from({ length: pictures.length }, (_, i) => pictures.ref(i));
    expect(refs.map(({ id, at, labels }) => [id, at, labels])).toEqual([
      ['3.jpg', '3.jpg', []],
      ['cat/1.png', 'cat/1.png', ['cat']],
      ['cat/ü & "x".PNG', 'cat/ü & "x".PNG', ['cat']],
      ['dog/broken.png', 'dog/broken.png', ['dog']],
      ['dog/deep/2.png', 'dog/deep/2.png', ['dog']],
    ]);
    expect(JSON.stringify(pictures.source)).not.toMatch(/secret|me"/);
    const reader = await openBucketReader(pictures.source);
    for (const at of ['cat/1.png', 'cat/ü & "x".PNG']) expect((await reader.read(at)).data).toEqual(PICTURE.data);
    await expect(reader.read('dog/broken.png')).rejects.toMatchObject({ code: 'UNREADABLE_PICTURE' });
    await expect(reader.read('gone.png')).rejects.toThrow();
    await reader.check();
    await reader.close();
    expect(authorized.every((one) => one.startsWith('AWS4-HMAC-SHA256 Credential=me/'))).toBe(true);
    authorized = [];
  });

  it('that are not there are named', async () => {
    const signal = AbortSignal.timeout(20_000);
    await expect(bucketPictures('s3://others/x', signal)).rejects.toMatchObject({
      code: 'SOURCE_MISSING',
      message: expect.stringMatching(/s3:\/\/others\/x.*NoSuchBucket/),
    });
    await expect(openBucketReader({ kind: 'bucket', place: 's3://others/x', digest: '' })).rejects.toMatchObject({
      code: 'SOURCE_MISSING',
    });
    await expect(bucketPictures('s3://pictures/none', signal)).rejects.toMatchObject({ code: 'NOTHING_TO_INDEX' });
    await expect(bucketPictures('s3://No Bucket/', signal)).rejects.toMatchObject({ code: 'WRONG_USAGE' });
  });
});
