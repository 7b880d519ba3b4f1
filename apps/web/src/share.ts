/** @file A link to what is shown, handed on. */

import type { Tray } from './view/tray.ts';

/** Hands the address on: by the device's own means where it is touched, else by the clipboard. */
export async function shareLink(tray: Tray): Promise<void> {
  const address = location.href;
  const touch = matchMedia('(pointer: coarse)').matches;
  if (touch && 'share' in navigator) {
    await navigator.share({ url: address, title: document.title }).catch(() => undefined);
    return;
  }
  try {
    await navigator.clipboard.writeText(address);
    tray.say('The link is copied. It leads to this result and holds no picture.', [], 5);
  } catch {
    tray.say('This browser lets no page copy: take the link from the address bar.', [], 8);
  }
}
