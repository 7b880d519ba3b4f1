/**
 * @file The codewords that tables are made of, arranged for the kernels in a memory of this thread's own.
 *
 * One memory a thread, for the codebook that was asked for last: a page or a process can have only so many memories,
 * and few threads search with several codebooks in turns.
 */
import type { Codebook, Distance } from './codebook.ts';
import { refuseTable } from './table-check.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

/** undefined: not asked yet; null: there are no kernels here. */
let memory: Workspace | null | undefined;
/** Whose codewords stand in it. */
let resident: Shelf | undefined;

const NUMBERS: Record<Distance, number> = { aqd: 0, ip: 1, sqd: 2 };

/** A codebook in that memory, for as long as no other takes its place. */
export class Shelf {
  readonly #codebook: Codebook;
  readonly #workspace: Workspace;
  readonly #codewords: number;
  readonly #scratch: number;
  readonly #query: Float32Array;
  readonly #table: Float32Array;

  private constructor(codebook: Codebook, workspace: Workspace) {
    const { M, K, D } = codebook;
    const eights = Math.ceil(K / 8);
    workspace.clear();
    this.#codebook = codebook;
    this.#workspace = workspace;
    this.#codewords = workspace.allocate(64 * eights * D);
    this.#scratch = workspace.allocate(8 * (D / M + 8 * eights));
    const query = workspace.allocate(4 * D);
    const table = workspace.allocate(4 * (M * K + 8));
    arrange(codebook, workspace.f64(this.#codewords, 8 * eights * D));
    this.#query = workspace.f32(query, D);
    this.#table = workspace.f32(table, M * K);
  }

  /** Arranges a checked codebook; undefined where there are no kernels. */
  static put(codebook: Codebook): Shelf | undefined {
    if (memory === undefined) memory = createWorkspace() ?? null;
    if (memory === null) return undefined;
    resident = undefined;
    resident = new Shelf(codebook, memory);
    return resident;
  }

  /** Whether it still stands there. */
  holds(codebook: Codebook): boolean {
    return resident === this && this.#codebook === codebook;
  }

  /** The table of a checked query. @throws PqError `NOT_FINITE` */
  fill<T extends Float32Array | Float64Array>(query: Float32Array, distance: Distance, table: T, stride: number): T {
    const { M, K, D } = this.#codebook;
    this.#query.set(query);
    const finite = this.#workspace.kernels.tabulate(
      this.#codewords,
      M,
      K,
      D / M,
      this.#query.byteOffset,
      NUMBERS[distance],
      this.#scratch,
      this.#table.byteOffset,
    );
    const made = this.#table;
    if (finite === 0) refuseTable(made, K);
    if (stride === K) table.set(made);
    else for (let m = 0; m < M; m++) table.set(made.subarray(m * K, (m + 1) * K), m * stride);
    return table;
  }
}

/** To `to`: [M, ⌈K/8⌉, d, 8], eight codewords side by side; what fills up repeats the last. */
function arrange({ M, K, D, codewords }: Codebook, to: Float64Array): void {
  const d = D / M;
  const eights = Math.ceil(K / 8);
  for (let m = 0; m < M; m++) {
    for (let k = 0; k < 8 * eights; k++) {
      const from = (m * K + Math.min(k, K - 1)) * d;
      const at = (m * eights + (k >> 3)) * d * 8 + (k & 7);
      for (let j = 0; j < d; j++) to[at + 8 * j] = codewords[from + j];
    }
  }
}
