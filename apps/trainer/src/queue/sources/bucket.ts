/**
 * @file Pictures in object storage: the keys below `s3://BUCKET/PREFIX`, of Amazon S3 or of what speaks as it does (then
 * AWS_ENDPOINT_URL says where). Region and credentials are found as the AWS SDK finds them; they are never put into a queue.
 */
import type { S3Client } from '@aws-sdk/client-s3';
import { decodePicture, PICTURE_ENDINGS } from '@dqn/data';
import { TrainerError } from '../../errors.ts';
import type { PictureRef, Source } from '../job.ts';
import type { RunPictures } from './pictures.ts';
import { missing, type PictureReader } from './reader.ts';

/** For endpoints of which none is told. */
const REGION = 'us-east-1';

/** Whether a place is in object storage. */
export function isBucket(place: string): boolean {
  return place.startsWith('s3://');
}

/**
 * The pictures below a prefix, in the order of their keys; the first folder below it is the class, as in a folder.
 *
 * @throws {TrainerError} WRONG_USAGE, SOURCE_MISSING, NOTHING_TO_INDEX
 */
export async function bucketPictures(place: string, signal: AbortSignal): Promise<RunPictures> {
  const source: Source = { kind: 'bucket', place, digest: '' };
  const { bucket, prefix } = readPlace(place);
  const { sdk, client } = await connect(source);
  const keys: string[] = [];
  try {
    const pages = sdk.paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }, { abortSignal: signal });
    for await (const { Contents = [] } of pages) {
      for (const { Key = '' } of Contents) if (isPicture(Key.slice(prefix.length))) keys.push(Key.slice(prefix.length));
    }
  } catch (error) {
    signal.throwIfAborted();
    throw missing(source, reasonOf(error), error);
  } finally {
    client.destroy();
  }
  if (keys.length === 0) {
    throw new TrainerError('NOTHING_TO_INDEX', `${place} has no keys of pictures (${[...PICTURE_ENDINGS].join(', ')})`);
  }
  return {
    source,
    length: keys.length,
    ref(number): PictureRef {
      const key = keys[number];
      const slash = key.indexOf('/');
      return { number, id: key, at: key, labels: slash > 0 ? [key.slice(0, slash)] : [] };
    },
  };
}

/** Opens a bucket. @throws {TrainerError} SOURCE_MISSING */
export async function openBucketReader(source: Source): Promise<PictureReader> {
  const { bucket, prefix } = readPlace(source.place);
  const { sdk, client } = await connect(source);
  const check = async (): Promise<void> => {
    try {
      await client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 }));
    } catch (error) {
      throw missing(source, reasonOf(error), error);
    }
  };
  await check().catch((error: unknown) => {
    client.destroy();
    throw error;
  });
  return {
    check,
    async read(at) {
      const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: prefix + at }));
      return decodePicture(await Body!.transformToByteArray());
    },
    close: async () => client.destroy(),
  };
}

/** What comes before the keys ends with a slash, unless it is the whole bucket. */
function readPlace(place: string): { bucket: string; prefix: string } {
  const [, bucket, path = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,62})(?:\/(.*))?$/s.exec(place) ?? [];
  if (bucket === undefined) {
    throw new TrainerError('WRONG_USAGE', `${place} is no place in object storage: expected s3://BUCKET/PREFIX`);
  }
  return { bucket, prefix: path === '' || path.endsWith('/') ? path : `${path}/` };
}

async function connect(source: Source): Promise<{ sdk: typeof import('@aws-sdk/client-s3'); client: S3Client }> {
  // Who has no object storage needs none of it.
  const sdk = await import('@aws-sdk/client-s3').catch((error: unknown) => {
    throw new TrainerError('SOURCE_MISSING', `${source.place} needs the AWS SDK: npm install @aws-sdk/client-s3`, {
      cause: error,
    });
  });
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3, AWS_REGION } = process.env;
  const isOwn = Boolean(AWS_ENDPOINT_URL ?? AWS_ENDPOINT_URL_S3);
  // Where it isn't Amazon's, buckets have no names of hosts, and a region means nothing.
  const client = new sdk.S3Client(isOwn ? { forcePathStyle: true, region: AWS_REGION ?? REGION } : {});
  return { sdk, client };
}

function isPicture(key: string): boolean {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot > 0 && PICTURE_ENDINGS.has(name.slice(dot).toLowerCase());
}

function reasonOf(error: unknown): string {
  const { name, message } = error as Error;
  return message && message !== 'UnknownError' ? `${name}: ${message}` : name;
}
