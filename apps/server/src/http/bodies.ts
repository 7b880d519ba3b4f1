/** @file Bodies as they come: JSON, an image by itself, a form with images. */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServerError } from '../errors.ts';
import type { Limits } from './limits.ts';

/** Image bodies are kept as bytes; JSON and forms have their own parsers, and nothing else is read. */
export function addBodyParsers(app: FastifyInstance): void {
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser(
    // Literally image/*, too, as the document names it.
    /^(image\/[\w.+*-]+|application\/octet-stream)/,
    { parseAs: 'buffer' },
    (_request, body, done) => {
      done(null, body);
    },
  );
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const encoding = request.headers['content-encoding'];
    if (encoding === undefined || encoding === 'identity') return done(null, payload);
    throw new ServerError(
      'UNSUPPORTED_MEDIA',
      `Bodies encoded as ${encoding.slice(0, 50)} aren't read; send it plain.`,
    );
  });
}

/** Whether a request brings an image as its body or in a form: known before the body is read. */
export function bringsImage({ headers }: FastifyRequest): boolean {
  const type = headers['content-type'] ?? '';
  return /^(image\/|application\/octet-stream|multipart\/form-data)/i.test(type);
}

/** What a form held. */
export interface Form {
  /** Its files, in order, but one that is called `thumbnail`. */
  readonly images: readonly Buffer[];
  readonly thumbnail: Buffer | undefined;
  /** Its other fields; a name that came several times has a list. */
  readonly fields: Record<string, string | string[]>;
}

/**
 * Reads a form.
 *
 * @throws ServerError `BAD_REQUEST`, `NO_PICTURE` for one without a file, `TOO_LARGE`
 */
export async function readForm(request: FastifyRequest, { body: limit }: Limits): Promise<Form> {
  const images: Buffer[] = [];
  const fields = new Map<string, string[]>();
  let thumbnail: Buffer | undefined;
  let bytes = 0;
  try {
    for await (const part of request.parts()) {
      if (part.type === 'file') {
        const file = await part.toBuffer();
        bytes += file.length;
        if (bytes > limit) throw new ServerError('TOO_LARGE', `The form's files have more than ${limit} bytes.`);
        if (part.fieldname === 'thumbnail') thumbnail = file;
        else if (file.length > 0) images.push(file);
      } else {
        const values = fields.get(part.fieldname) ?? [];
        fields.set(part.fieldname, [...values, String(part.value)]);
      }
    }
  } catch (error) {
    // The parser's own errors, of a form that is cut short or a client that left, carry no status.
    if (error instanceof ServerError || (error as { statusCode?: unknown }).statusCode !== undefined) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServerError('BAD_REQUEST', `The form can't be read: ${reason}.`, { cause: error });
  }
  if (images.length === 0) {
    throw new ServerError('NO_PICTURE', 'The form holds no picture; send a file, for example as the field "image".');
  }
  const plain = [...fields].map(([name, values]) => [name, values.length === 1 ? values[0] : values]);
  return { images, thumbnail, fields: Object.fromEntries(plain) };
}

/** The one image of a form. */
export function oneImage({ images }: Form): Buffer {
  if (images.length === 1) return images[0];
  throw new ServerError('BAD_REQUEST', `The form holds ${images.length} pictures; one is taken here.`);
}

/** Refuses what no parser was found for. */
export function unknownType(request: FastifyRequest, taken: readonly string[]): ServerError {
  const type = request.headers['content-type']?.slice(0, 100);
  const named = type ? `The content type ${JSON.stringify(type)}` : 'A body without a content type';
  return new ServerError('UNSUPPORTED_MEDIA', `${named} isn't taken here; send ${taken.join(', or ')}.`);
}

/** What is sent where an image, or JSON, is taken. */
export const IMAGE_OR_JSON = [
  'an image as the body (image/*)',
  'a form with an image (multipart/form-data)',
  'JSON (application/json)',
] as const;
