/** @file Searches of one open retriever, one after the other: asked, shown, remembered in the address. */

import type { EdgeAnswer, EdgeItem, EdgeQuery, EdgeRetriever, EdgeSearchOptions } from '@dqn/edge';
import type { Asked, AskedItem } from './asked.ts';
import { button, h, ICONS, icon } from './dom.ts';
import { Items } from './items.ts';
import { type Link, readLink } from './link.ts';
import { Past } from './past.ts';
import { type Compared, codeView } from './view/code.ts';
import type { CornerView } from './view/corner.ts';
import { filterView, type Wanted } from './view/filter.ts';
import { type HitsView, hitsView } from './view/hits.ts';
import type { QueryView } from './view/query.ts';
import { errorView } from './view/status.ts';
import type { Tray } from './view/tray.ts';
import { caption, codeSize } from './words.ts';

/** What a search is shown in. */
export interface Places {
  readonly query: QueryView;
  readonly corner: CornerView;
  readonly tray: Tray;
  /** Where the hits stand. */
  readonly results: HTMLElement;
  /** Where the code stands. */
  readonly memory: HTMLElement;
  /** Tells whoever can't see it. */
  readonly announce: (text: string) => void;
  /** Something is asked now: a camera that runs has had its time. */
  readonly onAsked: () => void;
  /** There is something to look at now. */
  readonly onShown: () => void;
  /** The history stands where one looked through one's own pictures. */
  readonly onLook: () => void;
}

/** An item as a question. */
export function askedBy({ row, id, own, thumbnail }: EdgeItem): AskedItem {
  return { kind: 'item', row, id, own, picture: thumbnail, name: caption(id) };
}

/** The searches. */
export interface Searches {
  /** Searches with this one from now on, and first by what the address asks for; undefined: not for now. */
  use(retriever: EdgeRetriever | undefined): void;
  ask(asked: Asked): Promise<void>;
  /** Begins to search by a running video: what it gives is called for each frame, until something else is asked. */
  live(): (video: HTMLVideoElement) => Promise<void>;
  /** Shows something else where the hits were. */
  show(view: HTMLElement): void;
  /** Notes in the history that one's own pictures are looked through, and whether that is where it stands. */
  look(): void;
  readonly looking: boolean;
  /** Shows again what the address asks for: what was shown meanwhile is over. */
  back(): Promise<void>;
  /** Asks the last question again: what is searched has changed. */
  again(): void;
}

/**
 * How a question is asked: as a new entry of the history, instead of the present one, without a trace there; or again, so
 * that whoever looks at the hits isn't disturbed.
 */
type How = 'push' | 'replace' | 'none' | 'quietly';

interface Shown {
  readonly asked: Asked | undefined;
  readonly answer: EdgeAnswer;
  readonly items: readonly EdgeItem[];
}

/** @param hits wanted at first */
export function searches(places: Places, hits: number): Searches {
  const { query, corner, tray, results, memory, announce } = places;
  const items = new Items();
  const past = new Past();
  let retriever: EdgeRetriever | undefined;
  let wanted: Wanted = { labels: [], own: false };
  /** All that there are. */
  let labels: readonly string[] = [];
  let k = hits;
  let turn = 0;
  let last: Asked | undefined;
  let shown: Shown | undefined;
  let code: ReturnType<typeof codeView> | undefined;
  let grid: HitsView;

  const filter = filterView((ticked) => {
    wanted = ticked;
    k = hits;
    if (last) void run(last, 'replace');
  });
  const share = button(
    '',
    () => void import('./share.ts').then(({ shareLink }) => shareLink(tray)).catch(({ message }) => tray.say(message)),
    { class: 'quiet', title: 'Copy a link to this result' },
  );
  share.append(icon(ICONS.link), h('span', {}, 'Link'));
  const newGrid = (): HitsView =>
    hitsView([filter.element, share], {
      onPick: (item) => void ask(askedBy(item)),
      onWhy: (i) => void why(i).catch((error: Error) => tray.say(error.message)),
      onPoint: (i) => code?.compare(i === undefined || !shown?.answer.hits[i] ? undefined : compared(shown.answer, i)),
      onMore: () => {
        k *= 2;
        if (last) void run(last, 'none');
      },
    });
  grid = newGrid();
  addEventListener('popstate', () => void recall());

  function show(view: HTMLElement): void {
    if (view.parentElement === results) return;
    // Focus that stood on what goes moves to the heading of what comes.
    const held = results.contains(document.activeElement);
    results.replaceChildren(view);
    if (held) results.querySelector('h2')?.focus();
  }

  const answerTo = (what: EdgeQuery, open: EdgeRetriever): Promise<EdgeAnswer> =>
    open.search(what, { k, ...filterOf(wanted) });

  const itemsOf = ({ hits: found }: Pick<EdgeAnswer, 'hits'>, open: EdgeRetriever): Promise<EdgeItem[]> =>
    items.of(
      found.map((hit) => hit.row),
      open,
    );

  /** A picture of one's own may be removed between the two: then both are asked once more. */
  async function find(what: EdgeQuery, open: EdgeRetriever): Promise<Omit<Shown, 'asked'>> {
    for (let tries = 1; ; tries++) {
      const answer = await answerTo(what, open);
      try {
        return { answer, items: await itemsOf(answer, open) };
      } catch (error) {
        if (tries > 1 || (error as { code?: string }).code !== 'BAD_OPTION') throw error;
      }
    }
  }

  /** What is under way is of no use any more. */
  function supersede(): number {
    results.classList.remove('busy');
    return ++turn;
  }

  function draw(now: Shown): void {
    shown = now;
    // A frame that ran past has no address.
    share.hidden = now.asked === undefined;
    const { answer } = now;
    const { codebook } = retriever!.info;
    grid.show(answer, now.items, answer.hits.length === k && k < 1000, whyNothing());
    if (filter.chips.parentElement !== grid.element) grid.element.firstElementChild?.after(filter.chips);
    show(grid.element);
    code = codeView(answer.code, codebook.K);
    memory.replaceChildren(h('h2', {}, `Its code: ${codeSize(codebook)}`), code.element);
    memory.hidden = false;
    corner.times(answer.times);
  }

  /** What to do where nothing was found. */
  function whyNothing(): string {
    if (wanted.own || wanted.labels.length > 0) return 'Nothing has these labels: take one of them away.';
    return 'There are no pictures to search yet. Add some of your own: press the name of the gallery above.';
  }

  /** The latest question wins: an answer that comes after the next one is dropped. */
  async function run(asked: Asked, how: How): Promise<void> {
    if (!retriever) return;
    const open = retriever;
    const mine = supersede();
    last = asked;
    if (how !== 'quietly') {
      places.onAsked();
      // What matched the one before.
      document.querySelector<HTMLDialogElement>('dialog[open]')?.close();
      query.show(asked.picture, asked.name);
      results.classList.add('busy');
    }
    const held = document.activeElement;
    const byHit = results.contains(held) && held?.classList.contains('pick');
    try {
      const found = await find(whatOf(asked), open);
      const { answer } = found;
      if (mine !== turn) return;
      draw({ ...found, asked });
      if (how === 'quietly') return;
      places.onShown();
      if (byHit || held?.closest('[inert]')) results.querySelector('h2')?.focus({ preventScroll: true });
      // Who went on from a hit far down begins again at the nearest.
      if (how === 'push' && results.getBoundingClientRect().top < 0) scrollTo({ top: 0 });
      if (how !== 'none') past.write(asked, answer.vector, wanted.labels, how === 'replace');
      const [first] = answer.hits;
      announce(first ? `${answer.hits.length} found. The nearest: ${caption(first.id)}` : 'Nothing found');
    } catch (error) {
      if (mine !== turn) return;
      // An item of one's own that was asked about and has been removed since: its picture is still here.
      if (how === 'quietly' && asked.kind === 'item' && asked.picture) {
        void run({ kind: 'picture', picture: asked.picture, name: asked.name }, how);
        return;
      }
      memory.hidden = true;
      show(errorView("This picture can't be searched", error));
    } finally {
      if (mine === turn) results.classList.remove('busy');
    }
  }

  function ask(asked: Asked): Promise<void> {
    k = hits;
    return run(asked, 'push');
  }

  /** Asks what the address asks for. */
  async function recall(): Promise<void> {
    const open = retriever;
    if (!open) return;
    if (past.looking) return places.onLook();
    try {
      const link = readLink(location.hash);
      // A label of somebody else's own pictures, maybe.
      want({ labels: link.labels.filter((label) => labels.includes(label)), own: false });
      const asked = past.now() ?? (await askedByLink(link));
      if (open !== retriever) return;
      if (asked) await run(asked, 'none');
      else clear();
    } catch (error) {
      if (open !== retriever) return;
      clear();
      show(errorView("This link can't be followed", error));
    }
  }

  async function askedByLink({ id, vector }: Link): Promise<Asked | undefined> {
    if (vector) return { kind: 'vector', vector, picture: null, name: 'A shared picture' };
    if (id === undefined || !retriever) return undefined;
    const { hits: found } = await retriever.search({ id }, { k: 1, filter: { ids: [id], own: false } });
    const [item] = await itemsOf({ hits: found }, retriever);
    return item && askedBy(item);
  }

  /** As it was before anything was asked. */
  function clear(): void {
    places.onAsked();
    supersede();
    last = undefined;
    shown = undefined;
    memory.hidden = true;
    query.show(null, '');
    results.classList.remove('busy');
    results.replaceChildren();
  }

  function want(next: Wanted): void {
    wanted = next;
    filter.set(next);
  }

  async function remove({ id }: EdgeItem): Promise<void> {
    try {
      await retriever?.remove([id]);
    } catch (error) {
      tray.say(`${caption(id)} can't be removed: ${(error as Error).message}`);
    }
  }

  function offer(): void {
    const { info, own } = retriever!;
    labels = [...new Set([...(info.gallery?.classes ?? []), ...(own?.labels ?? [])])];
    filter.offer(labels, (own?.count ?? 0) > 0 && info.gallery !== undefined);
  }

  async function why(i: number): Promise<void> {
    if (!shown || !retriever) return;
    const { K } = retriever.info.codebook;
    const { answer, items: found, asked } = shown;
    const item = found[i];
    const { showMatch } = await import('./view/match.ts');
    showMatch({
      item,
      distance: answer.hits[i].distance,
      code: answer.code,
      hit: compared(answer, i),
      K,
      query: asked?.picture ?? null,
      onPick: () => void ask(askedBy(item)),
      onLabel: (label) => {
        want({ labels: [label], own: false });
        if (last) void run(last, 'replace');
      },
      onRemove: item.own ? () => void remove(item) : undefined,
    });
  }

  return {
    ask,
    show(view) {
      supersede();
      show(view);
    },
    look: () => past.look(),
    get looking() {
      return past.looking;
    },
    back: recall,
    use(next) {
      supersede();
      retriever = next;
      items.clear();
      shown = undefined;
      memory.hidden = true;
      grid = newGrid();
      if (!next) return;
      offer();
      // A picture goes along to another gallery; an item is nothing there.
      if (last && last.kind !== 'item' && !location.hash) void run(last, 'replace');
      else void recall();
    },
    live() {
      const mine = supersede();
      let asked = 0;
      let newest = 0;
      let next: EdgeAnswer | undefined;
      let drawing = false;
      let failure: unknown;
      last = undefined;
      k = hits;
      /** Names and pictures come while the next frame is searched; what is old by then isn't drawn. */
      const drawAll = async (open: EdgeRetriever): Promise<void> => {
        drawing = true;
        try {
          while (next) {
            const answer = next;
            next = undefined;
            const found = await itemsOf(answer, open).catch((error) => {
              // One of them was removed since; the next frame knows.
              if ((error as { code?: string }).code !== 'BAD_OPTION') throw error;
            });
            if (!found) continue;
            // A question asked meanwhile counts more.
            if (turn !== mine) return;
            draw({ answer, items: found, asked: undefined });
            places.onShown();
          }
        } catch (error) {
          failure = error;
        } finally {
          drawing = false;
        }
      };
      return async (video) => {
        const open = retriever;
        if (!open) return;
        if (failure) throw failure;
        const number = ++asked;
        const answer = await answerTo(video, open);
        // Two frames are under way at a time: one that comes late is old.
        if (turn !== mine || number < newest) return;
        newest = number;
        next = answer;
        if (!drawing) void drawAll(open);
      };
    },
    again() {
      if (!retriever) return;
      if (wanted.own && !retriever.own?.count) want({ ...wanted, own: false });
      offer();
      items.forgetOwn();
      const busy = results.classList.contains('busy');
      if (last && grid.element.isConnected && !busy) void run(last, 'quietly');
    },
  };
}

function whatOf(asked: Asked): EdgeQuery {
  if (asked.kind === 'vector') return asked.vector;
  if (asked.kind === 'picture') return asked.picture;
  // Rows of one's own pictures shift when the gallery before them grows.
  return asked.own ? { id: asked.id } : { row: asked.row };
}

function filterOf({ labels, own }: Wanted): Pick<EdgeSearchOptions, 'filter'> {
  if (!own && labels.length === 0) return {};
  return { filter: { ...(own && { own }), ...(labels.length > 0 && { labels }) } };
}

function compared({ code, codes, parts }: EdgeAnswer, i: number): Compared {
  const M = code.length;
  return { code: codes.subarray(i * M, (i + 1) * M), parts: parts.subarray(i * M, (i + 1) * M) };
}
