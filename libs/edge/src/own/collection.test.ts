import { describe, expect, it } from 'vitest';
import { madePut, Origin } from '../testing/tabs.ts';
import type { OwnCollection } from './collection.ts';

const idsOf = ({ items }: OwnCollection) => [...items.all()].map((slot) => items.at(slot).id).sort();

describe('a collection', () => {
  it('is the same in two tabs that add at once', async () => {
    const origin = new Origin();
    const [a, b] = [await origin.open(), await origin.open()];
    const put = (tab: OwnCollection, from: number) =>
      tab.put(Array.from({ length: 10 }, (_, i) => madePut(`own ${from + i}`, from + i, origin.codebook)));
    await put(a, 0);
    await expect.poll(() => b.items.count).toBe(10);
    await Promise.all([put(a, 10), put(b, 20)]);
    await put(b, 25);
    await expect.poll(() => [a.items.count, b.items.count]).toEqual([35, 35]);
    expect(idsOf(a)).toEqual(idsOf(b));
    await a.close();
    await b.close();
  });
});
