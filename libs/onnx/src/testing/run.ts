/** @file Running a graph on onnxruntime-node, and asking the official checker, in tests. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import type { Graph, Tensor } from '../graph.ts';
import { writeModel } from '../write.ts';
import { seeded } from './random.ts';

/** The outputs of a graph by name. */
export async function runGraph(graph: Graph, feeds: Record<string, Tensor>): Promise<Record<string, ort.Tensor>> {
  // Errors only: warnings about shapes that vary aren't the tests' business.
  const session = await ort.InferenceSession.create(writeModel(graph), { logSeverityLevel: 3 });
  try {
    const tensors = Object.entries(feeds).map(([name, { type, data, dims }]): [string, ort.Tensor] => [
      name,
      new ort.Tensor(type, data as Float32Array, [...dims]),
    ]);
    return await session.run(Object.fromEntries(tensors));
  } finally {
    await session.release();
  }
}

/** The largest difference between two outputs. */
export function largestDifference(a: ort.Tensor, b: ort.Tensor): number {
  const [x, y] = [a.data as Float32Array, b.data as Float32Array];
  if (x.length !== y.length) return Number.POSITIVE_INFINITY;
  return x.reduce((largest, value, i) => Math.max(largest, Math.abs(value - y[i]!)), 0);
}

/** Seeded pictures: uint8 [n, size, size, 3]. */
export function randomPixels(n: number, size: number, seed = 1): Tensor {
  const random = seeded(seed);
  const data = Uint8Array.from({ length: n * size * size * 3 }, () => Math.floor(random.next() * 256));
  return { type: 'uint8', dims: [n, size, size, 3], data };
}

/** Seeded numbers in [-1, 1). */
export function randomFloats(dims: readonly number[], seed = 1): Tensor {
  const random = seeded(seed);
  const length = dims.reduce((product, size) => product * size, 1);
  return { type: 'float32', dims: [...dims], data: Float32Array.from({ length }, () => random.next() * 2 - 1) };
}

/** The pretrained networks under DQN_BACKBONES; empty, and said loudly, where there are none. */
export function backbones(): { name: string; bytes: Uint8Array }[] {
  const folder = process.env.DQN_BACKBONES ?? '';
  if (!existsSync(folder)) {
    console.warn('SKIPPED: pretrained backbones (set DQN_BACKBONES to a folder of .onnx files)');
    return [];
  }
  const files = readdirSync(folder).filter((file) => file.endsWith('.onnx'));
  return files.map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(folder, name))) }));
}

/** Reads paths from the command line, prints one line for each: "ok" or the checker's complaint. */
const CHECK = `
import sys, onnx
for path in sys.argv[1:]:
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        print("ok")
    except Exception as error:
        print(type(error).__name__, str(error).replace("\\n", " "))
`;

/** The Python interpreters that may hold the package onnx, and the newest operator set each knows. */
function checkers(): { python: string; opset: number }[] {
  return [process.env.DQN_PYTHON ?? '', '/usr/bin/python3', 'python3'].flatMap((python) => {
    if (!python) return [];
    const asked = spawnSync(python, ['-c', 'import onnx.defs; print(onnx.defs.onnx_opset_version())'], {
      encoding: 'utf8',
    });
    return asked.status === 0 ? [{ python, opset: Number(asked.stdout) }] : [];
  });
}

/** One answer of the official checker a graph. `undefined`, said loudly, where no checker knows that operator set. */
export function officialCheck(graphs: readonly Graph[]): string[] | undefined {
  const opset = Math.max(...graphs.map((graph) => graph.opset));
  const checker = checkers().find((candidate) => candidate.opset >= opset);
  if (!checker) {
    console.warn(
      `SKIPPED: the official ONNX checker for operator set ${opset} (python3-onnx of Debian has it up to 17; DQN_PYTHON may name a Python with a newer onnx)`,
    );
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'dqn-onnx-'));
  try {
    const paths = graphs.map((graph, i) => {
      const path = join(folder, `${i}.onnx`);
      writeFileSync(path, writeModel(graph));
      return path;
    });
    const answer = spawnSync(checker.python, ['-c', CHECK, ...paths], { encoding: 'utf8' });
    if (answer.status !== 0) throw new Error(`the checker failed: ${answer.stderr}`);
    return answer.stdout.trim().split('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
