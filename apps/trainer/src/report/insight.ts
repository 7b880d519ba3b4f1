/** @file What is in the codes, which pictures are found, which classes are taken for one another. */
import { type Confusion, mostConfused } from '../evaluate/confusion.ts';
import type { CodeUsage } from '../evaluate/usage.ts';
import { type Draw, usageChart } from './charts.ts';
import type { Example, ShownPicture } from './data.ts';
import { escapeText as e, percent, shortened, table, whole } from './html.ts';

/** Classes up to which the confusion is a square. */
const SQUARE = 16;
/** Characters of a class's name above its column. */
const HEADER = 18;

/** Codewords in use, by codebook. */
export function codes(draw: Draw, usage: CodeUsage): string {
  const { K, rows, codebooks, different, mostFrequent } = usage;
  const full = Math.log2(K);
  const total = codebooks.reduce((sum, { entropy }) => sum + entropy, 0);
  const dead = codebooks.reduce((sum, one) => sum + one.dead, 0);
  const top = niceAbove(Math.max(...codebooks.map(({ counts }) => counts[0] / rows)));
  const charts = codebooks.map(
    ({ counts, dead: unused, entropy }, m) =>
      `<figure class="small"><figcaption><b>Codebook ${m + 1}</b> ${entropy.toFixed(2)} of ${full} bits${unused > 0 ? `, <em>${unused} dead</em>` : ''}</figcaption>${usageChart(draw, `Use of codebook ${m + 1}`, counts, rows, top)}</figure>`,
  );
  return `<p>How the ${whole(rows)} pictures of the database use the ${K} codewords of each codebook, the most frequent first; dashed: equal use. Entropy over all codebooks: ${total.toFixed(1)} of ${codebooks.length * full} bits. ${dead === 0 ? 'No codeword is dead.' : `${dead} of ${codebooks.length * K} codewords are dead: nothing is encoded with them.`} The pictures have ${whole(different)} different codes, the most frequent one stands for ${whole(mostFrequent)}.</p>
<div class="smalls">${charts.join('\n')}</div>`;
}

/** 1, 2 or 5 times a power of ten, at least the value. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= value - 1e-12) ?? 10 * power;
}

/** Queries with their hits. */
export function examples(title: string, list: readonly Example[]): string {
  const hit = ({ src, name, isRight }: ShownPicture): string =>
    `<span class="${isRight ? 'right' : 'wrong'}"><img src="${e(src)}" alt="${e(name)}, ${isRight ? 'right' : 'wrong'}" title="${e(name)}"></span>`;
  return `<h3>${e(title)}</h3><div class="examples">${list
    .map(
      ({ query, hits, averagePrecision }) =>
        `<div><b>${averagePrecision.toFixed(3)}</b><img src="${e(query.src)}" alt="${e(query.name)}" title="${e(query.name)}"><i></i>${hits.map(hit).join('')}<small>${e(query.name)}</small></div>`,
    )
    .join('\n')}</div>`;
}

/** Classes of the nearest pictures, by class of the query. */
export function confusionTable(c: Confusion): string {
  const what = `Of the ${c.k === 1 ? 'nearest picture' : `${c.k} nearest pictures`} by AQD (of as many as share a class with the query, where those are fewer): the share that has each class, by the class of the query.${
    c.isMultiLabel
      ? ' A picture may have several classes: a query counts in the row of each of its own, a hit in the column of each of its own, so that rows add up to more than 1.'
      : ''
  }`;
  const pairs = mostConfused(c, 3).filter(({ share }) => share >= 0.01);
  const worst =
    pairs.length > 0
      ? ` Most often: ${pairs.map(({ from, to, share }) => `${to} for ${from} (${percent(share)})`).join(', ')}.`
      : '';
  return `<p>${e(what)}${e(c.isMultiLabel ? worst.replace('Most often', 'Together most often') : worst)}</p>${c.classes.length <= SQUARE ? square(c) : list(c)}`;
}

function square(c: Confusion): string {
  const cell = (share: number): string => {
    const text = share >= 0.005 ? (100 * share).toFixed(0) : '';
    return `<td style="--share:${(100 * share).toFixed(0)}%"${share > 0.55 ? ' class="full"' : ''}>${text}</td>`;
  };
  const rows = c.classes.map(
    (name, own) =>
      `<tr><th scope="row">${e(name)} <span>${whole(c.queries[own])}</span></th>${c.shares[own].map(cell).join('')}</tr>`,
  );
  return `<div class="wide"><table class="square"><thead><tr><th scope="col">query, number</th>${c.classes
    .map((name) => `<th scope="col" title="${e(name)}"><span>${e(shortened(name, HEADER))}</span></th>`)
    .join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div><p class="note">In per cent of the hits.</p>`;
}

/** Many classes: each with those that it is most often taken for. */
function list(c: Confusion): string {
  const LINES = 40;
  const rows = c.classes
    .map((name, own) => ({ name, own, right: c.shares[own][own] }))
    .filter(({ own }) => c.queries[own] > 0)
    .sort((a, b) => a.right - b.right);
  const others = (own: number): string =>
    c.shares[own]
      .map((share, other) => ({ share, other }))
      .filter(({ share, other }) => other !== own && share >= 0.01)
      .sort((a, b) => b.share - a.share)
      .slice(0, 3)
      .map(({ share, other }) => `${e(c.classes[other])} ${percent(share)}`)
      .join(', ');
  const shown = rows
    .slice(0, LINES)
    .map(({ name, own, right }) => [e(name), whole(c.queries[own]), percent(right), others(own) || '–']);
  const more = rows.length > LINES ? `<p class="note">The ${LINES} worst of ${rows.length} classes.</p>` : '';
  return `${table(['class', 'queries', 'its own', 'others, most often'], shown, 'list')}${more}`;
}
