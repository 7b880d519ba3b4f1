/** @file Images and labels: data sets, protocols, decoded pictures. Runs on Node. */
export { cacheFolder } from './cache.ts';
export {
  BATCH_FILES,
  CIFAR_SIZE,
  checkBatch,
  META_FILE,
  parseMeta,
  pictureAt,
  RECORD_BYTES,
  RECORDS_PER_FILE,
} from './cifar10/batches.ts';
export { Cifar10, openCifar10 } from './cifar10/open.ts';
export { countClasses, type DataProgress, type Dataset, type Picture, sharesLabel } from './dataset.ts';
export { type DownloadOptions, download } from './download.ts';
export { EMOJI_COUNT } from './emoji/fetch.ts';
export { DataError, type DataErrorCode } from './errors.ts';
export { FileDataset, type FileDatasetOptions, type FileEntry } from './file-dataset.ts';
export { type FolderOptions, openFolder, openList } from './folder.ts';
export { type LabelledPath, parseLabelsCsv, parsePictureList } from './labels-csv.ts';
export {
  type LoadedPixels,
  type LoadOptions,
  loadPixels,
  type PixelBatch,
  pixelBatches,
  type Skipped,
  type ToPixels,
} from './load-pixels.ts';
export { DATASET_NAMES, type OpenOptions, openDataset } from './open.ts';
export { decodePicture, MAX_PIXELS, PICTURE_ENDINGS } from './picture.ts';
export { defaultProtocol, PROTOCOL_NAMES, protocol, type Split } from './protocols.ts';
export { longTarName, readTarHeader, TAR_BLOCK, type TarHeader } from './tar/header.ts';
export { openTar, type TarDataset, type TarOptions } from './tar/open.ts';
export { encodeThumbnail, THUMBNAIL_TYPE } from './thumbnail.ts';
