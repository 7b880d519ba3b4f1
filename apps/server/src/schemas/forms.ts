/** @file Bodies that are no JSON, for the OpenAPI document. */

/** A form with an image; its other fields are those of the query string. */
export const formSchema = {
  description: 'A file, and fields with the names of the query string.',
  type: 'object',
  required: ['image'],
  properties: { image: { type: 'string', format: 'binary' } },
  additionalProperties: true,
} as const;

/** A tar. */
export const bulkFormSchema = {
  description: 'A tar archive of images; NAME.json beside NAME.jpg may hold its id, labels and metadata.',
  type: 'string',
  format: 'binary',
} as const;
