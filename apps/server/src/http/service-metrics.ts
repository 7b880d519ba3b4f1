/** @file The numbers that are looked up when somebody asks for them: the gallery, the queue, what is served. */

import type { Retriever } from '../retriever.ts';
import type { Readiness } from '../routes/info.ts';
import type { StoreStats } from '../store/store.ts';
import type { Admission } from './admission.ts';
import type { Metrics } from './metrics.ts';

interface Watched {
  readonly admission: Admission;
  readonly readiness: () => Readiness;
  readonly version: string;
}

/** Adds them. */
export function addServiceMetrics(metrics: Metrics, retriever: Retriever, watched: Watched): void {
  // All of them belong to one moment, and asking isn't free.
  let stats: StoreStats | null = null;
  let asked = 0;
  const store = (): StoreStats | null => {
    const now = performance.now();
    if (now - asked > 100) {
      asked = now;
      try {
        stats = retriever.info().gallery;
      } catch {
        stats = null;
      }
    }
    return stats;
  };
  const load = () => retriever.load();

  metrics.gauge('gallery_items', 'Items', () => store()?.count);
  metrics.gauge('gallery_index_bytes', 'Memory of the index', () => store()?.bytes.index);
  metrics.gauge('gallery_item_bytes', 'Memory of what is kept beside the index', () => store()?.bytes.items);
  metrics.gauge('journal_bytes', 'Journal that is not yet in the gallery file', () => store()?.journal.bytes);
  metrics.gauge('journal_items', 'Items written since the gallery file was', () => store()?.journal.items);
  metrics.gauge('write_waiting_bytes', 'Bytes that wait to be written', () => store()?.writes.waiting);
  metrics.gauge('compaction_running', '1 while the gallery file is written anew', () =>
    flag(store()?.compaction.running),
  );
  metrics.gauge('compaction_last_seconds', 'What the last one took', () => seconds(store()?.compaction.ms));
  metrics.gauge('writable', '1 while writes are taken', () => flag(store() !== null && store()?.trouble === undefined));
  metrics.gauge('read_only', '1 where writes were never wanted', () =>
    flag(store() === null || store()?.trouble?.code === 'READ_ONLY'),
  );
  metrics.total('writes_total', 'Items put and removed', () => store()?.writes.items);
  metrics.total('fsyncs_total', 'Times that the disk was waited for', () => store()?.writes.syncs);
  metrics.total('compactions_total', 'Times that the gallery file was written anew', () => store()?.compaction.done);

  metrics.gauge('queue_images', 'Images inside', () => load().images);
  metrics.gauge('queue_capacity', 'Images that may be inside', () => load().capacity);
  metrics.gauge('batch_chosen', 'Images a run of the network at most', () => load().batch);
  metrics.gauge('expected_wait_seconds', 'How long an image that came now would take', () => seconds(load().expected));
  metrics.gauge('event_loop_late_seconds', 'How late the serving thread is', () => seconds(watched.admission.lag));
  metrics.gauge('http_requests_in_flight', 'Requests being answered', () => watched.admission.requests);
  metrics.gauge('ready', '1 while /readyz says so', () => flag(watched.readiness().ready));
  const { model, runtime } = retriever.info();
  metrics.facts({ version: watched.version, provider: runtime.provider, model: model.sha256.slice(0, 16) });
}

const flag = (value: boolean | undefined): number | undefined => (value === undefined ? undefined : Number(value));
const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);
