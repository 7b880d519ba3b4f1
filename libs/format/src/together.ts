/** @file What belongs together: network, codebook, gallery. */
import type { CodebookFile } from './codebook.ts';
import { FormatError } from './errors.ts';
import type { GalleryMeta } from './gallery/meta.ts';

/**
 * Checks that a codebook was made for these graphs, and a gallery with this codebook. Only what is given is checked.
 *
 * @param o.modelSha256 `sha256Hex` of the bytes of model.onnx
 * @param o.preprocessSha256 `sha256Hex` of the bytes of preprocess.onnx
 * @param o.codebookSha256 `sha256Hex` of the bytes of codebook.pb
 * @throws FormatError `MODEL_MISMATCH`, `CODEBOOK_MISMATCH`, naming both hashes
 */
export function verifyTogether(o: {
  modelSha256?: string | undefined;
  preprocessSha256?: string | undefined;
  codebook: CodebookFile;
  codebookSha256: string;
  gallery?: GalleryMeta | undefined;
}): void {
  const { codebook, gallery } = o;
  const graphs = [
    ['model.onnx', o.modelSha256, codebook.modelSha256],
    ['preprocess.onnx', o.preprocessSha256, codebook.preprocessSha256],
  ] as const;
  for (const [name, found, expected] of graphs) {
    if (found !== undefined && found !== expected) {
      throw new FormatError(
        'MODEL_MISMATCH',
        `${name} has SHA-256 ${found}, but the codebook was made for ${expected}. Take all files of a model folder ` +
          'from one export.',
      );
    }
  }
  if (gallery === undefined) return;
  if (gallery.codebookSha256 !== o.codebookSha256) {
    throw new FormatError(
      'CODEBOOK_MISMATCH',
      `The gallery was made with codebook ${gallery.codebookSha256}, but this model's is ${o.codebookSha256}. Open it ` +
        'with the model that made it, or index the images again.',
    );
  }
  if (gallery.M !== codebook.M || gallery.K !== codebook.K) {
    throw new FormatError(
      'CODEBOOK_MISMATCH',
      `The gallery has M = ${gallery.M}, K = ${gallery.K}, but codebook ${o.codebookSha256} has M = ${codebook.M}, ` +
        `K = ${codebook.K}, although the gallery names it. Index the images again.`,
    );
  }
}
