/** @file What is searched by, however it came. */

/** A query: a picture, something that is searched itself, or an embedding out of a link. */
export type Asked =
  | { readonly kind: 'picture'; readonly picture: Blob; readonly name: string }
  | AskedItem
  | { readonly kind: 'vector'; readonly vector: Float32Array; readonly picture: null; readonly name: string };

/** An item: it is asked about by its code, as it was encoded from the whole picture; `picture` is for looking at. */
export interface AskedItem {
  readonly kind: 'item';
  readonly row: number;
  readonly id: string;
  /** One's own: no link can name it. */
  readonly own: boolean;
  readonly picture: Blob | null;
  readonly name: string;
}
