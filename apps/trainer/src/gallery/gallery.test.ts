import { describe, expect, it } from 'vitest';
import { joinContent } from './content.ts';

describe('joinContent', () => {
  it('puts one gallery behind the other and joins classes by name', () => {
    const first = { codes: Uint8Array.of(1, 2), items: [{ id: 'a', labels: [0] }], classes: ['cat', 'dog'] };
    const second = {
      codes: Uint8Array.of(3, 4),
      items: [{ id: 'b', labels: [0, 1], thumbnail: Uint8Array.of(9) }],
      classes: ['owl', 'cat'],
    };
    expect(joinContent(first, second)).toEqual({
      codes: Uint8Array.of(1, 2, 3, 4),
      items: [
        { id: 'a', labels: [0] },
        { id: 'b', labels: [0, 2], thumbnail: Uint8Array.of(9) },
      ],
      classes: ['cat', 'dog', 'owl'],
    });
  });
});
