/** @file Pretrained networks that are known by name: where they come from, what they are allowed for and what they take. */
import type { PixelConvention } from './pixels.ts';

/** One file of a network. */
export interface CatalogueFile {
  /** Its name on disk, without folder. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Where it can be fetched; none for what was converted and is handed on as a file. */
  readonly url?: string;
  /** Where its weights come from. */
  readonly source: string;
  /** SPDX. */
  readonly licence: string;
  readonly pixels: PixelConvention;
  /** Edge of the pictures that it was trained on, pixels. */
  readonly size: number;
}

/** A network by its name: the files that hold it, preferred first. Different files are different weights. */
export interface CatalogueEntry {
  readonly name: string;
  readonly summary: string;
  readonly files: readonly CatalogueFile[];
}

/** The ONNX model zoo as Hugging Face keeps it, since its own downloads ended in July 2025. */
const ZOO = 'https://huggingface.co/onnxmodelzoo/legacy_models/resolve/main/validated/vision/classification/';

/**
 * A file of the zoo. Its sha256 is the one under which the zoo's repository (github.com/onnx/models at b1eeaa1) keeps
 * it in Git LFS, so what is fetched is what was published there.
 */
function zoo(folder: string, file: string, bytes: number, sha256: string): CatalogueFile {
  return {
    file,
    bytes,
    sha256,
    url: `${ZOO}${folder}/model/${file}`,
    source: `ONNX model zoo, ${folder} (trained on ImageNet with MXNet's Gluon)`,
    licence: 'Apache-2.0',
    pixels: 'torch',
    size: 224,
  };
}

/** All of them. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    name: 'mobilenet_v2',
    summary: 'MobileNetV2 1.0: 1,280 features, the best for its time',
    files: [
      {
        file: 'mobilenet_v2_1.0_int8w.onnx',
        bytes: 3_630_104,
        sha256: '58f2142075b3179a3e38d4263f948b3528b3ab55a4fece59187f6a329283fc55',
        source:
          'converted from tf2_mobilenet_v2_1.0_224_ptq.tflite of github.com/google-coral/test_data at 104342d (weights in 8 bits)',
        licence: 'Apache-2.0',
        pixels: 'tf',
        size: 224,
      },
      zoo(
        'mobilenet',
        'mobilenetv2-12.onnx',
        13_964_571,
        'c0c3f76d93fa3fd6580652a45618618a220fced18babf65774ed169de0432ad5',
      ),
    ],
  },
  {
    name: 'squeezenet_v1.1',
    summary: "SqueezeNet 1.1: 512 features, at AlexNet's level on ImageNet",
    files: [
      {
        file: 'squeezenet_v1.1_fp16w.onnx',
        bytes: 2_492_384,
        sha256: '62fb38da15a6a76e76d8129ed56544c3e64e542825842aa8d0eb38b01bf02608',
        source:
          'converted from github.com/nihui/ncnn-assets at 9489f87; the weights of github.com/forresti/SqueezeNet (in 16 bits)',
        licence: 'BSD-2-Clause',
        pixels: 'caffe',
        size: 227,
      },
      zoo(
        'squeezenet',
        'squeezenet1.1-7.onnx',
        4_956_208,
        '1eeff551a67ae8d565ca33b572fc4b66e3ef357b0eb2863bb9ff47a918cc4088',
      ),
    ],
  },
  {
    name: 'resnet18',
    summary: 'ResNet-18 v1: 512 features',
    files: [
      zoo(
        'resnet',
        'resnet18-v1-7.onnx',
        46_820_737,
        '4e8f8653e7a2222b3904cc3fe8e304cd8b339ce1d05fd24688162f86fb6df52c',
      ),
    ],
  },
  {
    name: 'resnet50',
    summary: 'ResNet-50 v1: 2,048 features, the strongest here and ten times the work of mobilenet_v2',
    files: [
      zoo(
        'resnet',
        'resnet50-v1-12.onnx',
        102_576_593,
        '3f03fdef724b22947eed826f1eef1dc5c34151bb4c37d634f1db89dfa2dd1526',
      ),
    ],
  },
];

/** Names for `--backbone`. */
export const BACKBONE_NAMES: readonly string[] = CATALOGUE.map(({ name }) => name);

/** The files that a name stands for: a network's name stands for all of its files, a file's name for itself. */
export function filesNamed(name: string, catalogue: readonly CatalogueEntry[] = CATALOGUE): readonly CatalogueFile[] {
  const entry = catalogue.find((candidate) => candidate.name === name);
  if (entry) return entry.files;
  const bare = name.replace(/\.onnx$/, '');
  return catalogue.flatMap(({ files }) => files).filter(({ file }) => file.replace(/\.onnx$/, '') === bare);
}

/** What is known about a file by its content. */
export function fileWithHash(
  sha256: string,
  catalogue: readonly CatalogueEntry[] = CATALOGUE,
): CatalogueFile | undefined {
  return catalogue.flatMap(({ files }) => files).find((file) => file.sha256 === sha256);
}
