/** @file Where a collection of own pictures has its place. */

/** Folders of the origin's private file system: a collection belongs to a model's codebook. */
export function ownPlace(name: string, codebookSha256: string): string[] {
  return ['dqn-own', encodeURIComponent(name), codebookSha256];
}
