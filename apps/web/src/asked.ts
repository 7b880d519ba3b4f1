/** @file What is searched by, however it came. */

/** A query. What has no picture is an embedding out of a link, or an item whose gallery holds no pictures. */
export type Asked =
  | { readonly kind: 'picture'; readonly picture: Blob; readonly name: string }
  | { readonly kind: 'item'; readonly id: string; readonly picture: Blob | null; readonly name: string }
  | { readonly kind: 'vector'; readonly vector: Float32Array; readonly picture: null; readonly name: string };
