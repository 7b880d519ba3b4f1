/** @file Words and numbers in HTML. */

/** Text for HTML and SVG, in elements and attributes. */
export function escapeText(text: string): string {
  const codes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => codes[character]);
}

/** A name in at most so many characters; what is cut off stands for itself as an ellipsis. */
export function shortened(name: string, most: number): string {
  const characters = [...name];
  return characters.length <= most
    ? name
    : `${characters
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`;
}

/** `54,000` */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** `12.3 %` */
export function percent(share: number, digits = 0): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** A table; cells are HTML, those of a row but the first are figures. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], className = ''): string {
  const cells = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? `<th scope="row">${cell}</th>` : `<td>${cell}</td>`)).join('');
  return `<div class="wide"><table${className === '' ? '' : ` class="${className}"`}><thead><tr>${head
    .map((cell) => `<th scope="col">${cell}</th>`)
    .join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')}</tbody></table></div>`;
}
