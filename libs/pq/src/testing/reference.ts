/** @file The index that the others are held against: a map from id to code, and a scan. */
import type { Hits } from '../live/workplace.ts';
import { scan } from '../scan.ts';

export class Reference {
  readonly M: number;
  readonly K: number;
  readonly items = new Map<number, Uint8Array>();

  constructor(M: number, K: number) {
    this.M = M;
    this.K = K;
  }

  put(ids: Iterable<number>, codes: Uint8Array): void {
    let at = 0;
    for (const id of ids) {
      this.items.set(id, codes.slice(at, at + this.M));
      at += this.M;
    }
  }

  /** Ids, ascending, and codes. */
  all(keep: (id: number) => boolean = () => true): { ids: Uint32Array; codes: Uint8Array } {
    const ids = Uint32Array.from([...this.items.keys()].filter(keep)).sort();
    const codes = new Uint8Array(ids.length * this.M);
    ids.forEach((id, i) => {
      codes.set(this.items.get(id)!, i * this.M);
    });
    return { ids, codes };
  }

  search(table: Float32Array, k: number, keep?: (id: number) => boolean): Hits {
    const { M, K } = this;
    const { ids, codes } = this.all(keep);
    const { rows, distances } = scan(codes, table, { M, K, k });
    return { ids: rows.map((row) => ids[row]), distances };
  }

  within(table: Float32Array, radius: number, keep?: (id: number) => boolean): Hits {
    const { ids, distances } = this.search(table, Math.max(1, this.items.size), keep);
    const end = distances.findIndex((distance) => distance > radius);
    const count = end < 0 ? ids.length : end;
    return { ids: ids.slice(0, count), distances: distances.slice(0, count) };
  }

  /** As it is now. */
  copy(): Reference {
    const copy = new Reference(this.M, this.K);
    for (const [id, code] of this.items) copy.items.set(id, code);
    return copy;
  }
}
