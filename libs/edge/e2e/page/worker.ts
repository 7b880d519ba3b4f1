/** @file The worker of the page: a collection in the browser's storage. */
import type { OwnCollection } from '../../src/own/collection.ts';
import { openCollection } from '../../src/own/open.ts';
import { stepOf, type WriterStep } from '../steps.ts';

/** What the page asks. */
export type Asked =
  | { readonly do: 'write'; readonly writer: string; readonly from: number; readonly count: number }
  | { readonly do: 'content' | 'state' | 'close' };

/** What it is told. */
export type Answer =
  | { readonly writer: string; readonly step: number }
  | { readonly error: string }
  | { readonly state: OwnCollection['state']; readonly content: readonly (readonly [id: string, told: string])[] };

let opened: Promise<OwnCollection> | undefined;

addEventListener('message', async ({ data, ports: [port] }: MessageEvent<Asked>) => {
  const say = (answer: Answer) => port.postMessage(answer);
  try {
    opened ??= openCollection('kept', { codebook: CODEBOOK, codebookSha256: 'cd'.repeat(32) } as never);
    const collection = await opened;
    if (data.do === 'write') {
      for (let step = data.from; step < data.from + data.count; step++) {
        await take(collection, stepOf(data.writer, step));
        say({ writer: data.writer, step });
      }
    }
    const content = data.do === 'content' ? await contentOf(collection) : [];
    if (data.do === 'close') await collection.close();
    say({ state: collection.state, content });
  } catch (error) {
    say({ error: `${(error as { code?: string }).code ?? (error as Error).name}: ${(error as Error).message}` });
  }
});

const CODEBOOK = { M: 4, K: 16, D: 16, codewords: Float32Array.from({ length: 256 }, (_, i) => Math.sin(i)) };

async function take(collection: OwnCollection, step: WriterStep): Promise<void> {
  if (step.kind === 'remove') await collection.remove(step.ids);
  else {
    await collection.put(
      step.ids.map((id, i) => {
        const n = step.numbers[i];
        return {
          id,
          code: Uint8Array.of(n & 15, (n >> 4) & 15, (n >> 8) & 15, (n >> 12) & 15),
          labels: [`label ${n % 5}`],
          metadata: new Uint8Array(0),
          thumbnail: new Uint8Array(1000 + (n % 20_000)).fill(n & 255),
          thumbnailType: 'image/webp',
        };
      }),
    );
  }
}

/** Each picture by its id, and by what its code, label and thumbnail say of its number. */
async function contentOf(collection: OwnCollection): Promise<[string, string][]> {
  await collection.refresh();
  const { items } = collection;
  const slots = [...items.all()];
  const thumbnails = await collection.thumbnails(slots);
  return Promise.all(
    slots.map(async (slot, i): Promise<[string, string]> => {
      const { bytes } = thumbnails[i]!;
      const isFilled = bytes.every((byte) => byte === bytes[0]);
      const code = items.code(slot).reduce((sum, part, m) => sum + part * 16 ** m, 0);
      const told = `${code} ${items.at(slot).labels} ${bytes.length} ${isFilled ? bytes[0] : 'torn'}`;
      return [items.at(slot).id, told];
    }),
  );
}
