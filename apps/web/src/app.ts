/** @file The page: loads, takes queries one at a time, shows what was found. */

import { type EdgeItem, type EdgeRetriever, openRetriever } from '@dqn/edge';
import { h } from './dom.ts';
import { keepOffline } from './offline.ts';
import type { Settings } from './settings.ts';
import { codeView } from './view/code.ts';
import { factsView, providerBadge } from './view/facts.ts';
import { hitsView } from './view/hits.ts';
import { queryView } from './view/query.ts';
import { type SamplesView, samplesView } from './view/samples.ts';
import { errorView, loadingView } from './view/status.ts';
import { timesView } from './view/times.ts';
import { caption, codeSize, count } from './words.ts';

/** Samples on the wall. */
const SAMPLES = 60;

/** Fills `root` with the page and loads what the settings name. */
export function startApp(root: HTMLElement, settings: Settings): void {
  const badge = h('div', { class: 'corner' });
  const lead = h('p', { class: 'lead' }, 'Loading the gallery into this tab');
  const header = h(
    'header',
    { class: 'top' },
    h(
      'div',
      { class: 'title' },
      h('img', { src: './icon.svg', alt: '', width: 28, height: 28 }),
      h('h1', {}, 'Search by image'),
    ),
    badge,
    lead,
  );
  const details = h('div', { class: 'details' });
  const results = h('section', { class: 'results', 'aria-label': 'Hits', 'aria-live': 'polite' });
  const begin = h('div', { class: 'begin' });
  const footer = h('footer', {});
  let retriever: EdgeRetriever | undefined;
  let samples: SamplesView | undefined;
  let turn = 0;

  const query = queryView((file) => void search(file, file.name));
  root.replaceChildren(
    header,
    h('main', {}, h('div', { class: 'side' }, query.element, details), h('div', { class: 'wide' }, begin, results)),
    footer,
  );
  void load();

  async function load(): Promise<void> {
    const loading = loadingView();
    results.replaceChildren(loading.element);
    try {
      const { model, gallery, provider } = settings;
      retriever = await openRetriever({ model, gallery, provider, onProgress: loading.progress });
    } catch (error) {
      lead.textContent = 'Nothing to search yet';
      results.replaceChildren(errorView("The gallery can't be searched", error, () => void load()));
      return;
    }
    const { info } = retriever;
    const bits = info.codebook.M * Math.log2(info.codebook.K);
    lead.textContent = `${count(info.gallery.count)} pictures, ${bits} bits each, searched inside this tab: nothing is uploaded.`;
    badge.replaceChildren(providerBadge(info));
    footer.replaceChildren(factsView(info));
    results.replaceChildren();
    query.enable();
    void keepOffline(retriever.provider);
    await showSamples(retriever);
  }

  async function showSamples(open: EdgeRetriever): Promise<void> {
    if (!open.info.gallery.thumbnailType || open.info.gallery.count === 0) return;
    samples = samplesView({ draw: async () => open.items(await open.sample(SAMPLES)), onPick: searchByItem });
    try {
      await samples.refill();
      begin.replaceChildren(samples.element);
    } catch (error) {
      results.replaceChildren(errorView("The gallery's pictures can't be shown", error));
    }
  }

  function searchByItem(item: EdgeItem): void {
    if (item.thumbnail) void search(item.thumbnail, caption(item.id));
  }

  /** Replaces the results. Focus that stood on what goes (a hit, a sample that folds away) moves to their heading. */
  function showResults(view: HTMLElement, fold: boolean): void {
    const held = document.activeElement;
    const replaced = results.contains(held);
    if (fold) samples?.fold();
    results.replaceChildren(view);
    if (replaced || held?.closest('[inert]')) results.querySelector('h2')?.focus();
  }

  /** The latest query wins: an answer that comes after the next question is dropped. */
  async function search(picture: Blob, name: string): Promise<void> {
    if (!retriever) return;
    const mine = ++turn;
    query.show(picture, name);
    results.classList.add('busy');
    try {
      const answer = await retriever.search(picture, { k: settings.k });
      const items = await retriever.items(answer.hits.map((hit) => hit.row));
      if (mine !== turn) return;
      showResults(hitsView({ answer, items, onPick: searchByItem }), true);
      const { codebook } = retriever.info;
      details.replaceChildren(
        h(
          'section',
          { class: 'memory', 'aria-label': 'Code' },
          h('h2', {}, `Its code: ${codeSize(codebook)}`),
          codeView(answer.code, codebook.K),
        ),
        timesView(answer.times),
      );
    } catch (error) {
      if (mine !== turn) return;
      details.replaceChildren();
      showResults(errorView("This picture can't be searched", error), false);
    } finally {
      if (mine === turn) results.classList.remove('busy');
    }
  }
}
