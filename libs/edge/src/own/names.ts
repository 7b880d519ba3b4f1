/** @file What pictures may be called. */
import { EdgeError } from '../errors.ts';
import { MOST_TEXT_BYTES } from './records.ts';

/** @throws EdgeError `BAD_ITEM` for an id or labels that can't be kept */
export function checkNames(id: string, labels: readonly string[]): void {
  if (!Array.isArray(labels)) {
    throw new EdgeError('BAD_ITEM', `The labels of a picture are ${JSON.stringify(labels)}; expected a list of texts.`);
  }
  for (const [text, what] of [[id, 'id'] as const, ...labels.map((label) => [label, 'label'] as const)]) {
    const isGood = typeof text === 'string' && text !== '' && !/\p{Surrogate}/u.test(text);
    if (isGood && 3 * text.length <= MOST_TEXT_BYTES) continue;
    const shown = JSON.stringify(text)?.slice(0, 100);
    throw new EdgeError('BAD_ITEM', `The ${what} of a picture is ${shown}; expected a text of 1 to 20,000 characters.`);
  }
  if (labels.length > 1024) throw new EdgeError('BAD_ITEM', `${labels.length} labels; expected up to 1,024.`);
}
