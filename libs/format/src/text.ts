/** @file Strings that must come back as they were written. */
import { FormatError } from './errors.ts';

/**
 * Refuses text that UTF-8 can't hold: half of a surrogate pair would silently become U+FFFD.
 *
 * @throws FormatError `BAD_INPUT`
 */
export function checkTexts(texts: readonly string[], what: string): void {
  for (const [i, text] of texts.entries()) {
    // In a unicode pattern a pair is one character, so that only a lone half is found.
    if (typeof text !== 'string' || /\p{Surrogate}/u.test(text)) {
      throw new FormatError('BAD_INPUT', `${what} ${i} is ${JSON.stringify(text)}; expected well-formed text.`);
    }
  }
}
