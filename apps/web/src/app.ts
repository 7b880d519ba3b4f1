/** @file The page: opens what is chosen, and ties its parts together. */

import { type EdgeItem, type EdgeProvider, type EdgeRetriever, openRetriever } from '@dqn/edge';
import { type Catalogue, type Entry, named, readCatalogue } from './catalogue.ts';
import { h } from './dom.ts';
import { keepOffline } from './offline.ts';
import { askedBy, searches } from './searches.ts';
import { readSettings, type Settings } from './settings.ts';
import { cornerView } from './view/corner.ts';
import { libraryView } from './view/library.ts';
import { queryView } from './view/query.ts';
import { type SamplesView, samplesView } from './view/samples.ts';
import { errorView, loadingView } from './view/status.ts';
import { trayView } from './view/tray.ts';
import { welcomeView } from './view/welcome.ts';
import { count } from './words.ts';

/** The collection of one's own pictures. */
const OWN = 'mine';

/** Own pictures that come one after the other are searched again at most so often, in milliseconds. */
const AGAIN = 1000;

/** Samples on the wall. */
const SAMPLES = 60;

/** Fills `root` with the page and loads what the settings name. */
export async function startApp(root: HTMLElement, settings: Settings): Promise<void> {
  const corner = cornerView();
  const tray = trayView();
  const lead = h('p', { class: 'lead' }, 'Loading the gallery into this tab');
  const memory = h('section', { class: 'memory', 'aria-label': 'Code', hidden: true });
  const results = h('section', { class: 'results', id: 'results', 'aria-label': 'Hits', tabindex: -1 });
  const begin = h('div', { class: 'begin' });
  const heard = h('p', { class: 'sr', role: 'status' });
  let retriever: EdgeRetriever | undefined;
  let opened: Entry | undefined;
  let samples: SamplesView | undefined;
  let opening: AbortController | undefined;
  let stopCamera: (() => void) | undefined;
  let askingCamera: AbortController | undefined;
  let soon: ReturnType<typeof setTimeout> | undefined;
  /** Whose runtime is kept for offline. */
  let keptFor: EdgeProvider | undefined;

  const query = queryView({
    onPicture: (file) => ask(file, file.name),
    onMany: (entries) =>
      void withOwn(({ offerDropped }, open) => offerDropped(open, tray, entries, ({ file }) => ask(file, file.name))),
    onGallery: (file) => takeIn(file),
    onCamera: () => void photograph(),
  });
  const found = searches(
    {
      query,
      corner,
      tray,
      results,
      memory,
      announce(text) {
        heard.textContent = text;
      },
      onAsked: leaveCamera,
      onShown: makeRoom,
      onLook: () => look(),
    },
    settings.k,
  );
  const library = libraryView({
    onChoose(entry) {
      const { origin, pathname } = location;
      history.pushState(null, '', `${origin}${pathname}?in=${encodeURIComponent(entry.name)}`);
      void open(entry);
    },
    onAdd: (files) => {
      // The list is emptied once the input forgets what was chosen.
      const chosen = [...files];
      void withOwn(({ addPictures, chosenFiles }, open) => addPictures(open, tray, chosenFiles(chosen)));
    },
    onLook: () => look(() => found.look()),
    onSave: () => void withOwn(({ saveGallery }, open) => saveGallery(open, tray)),
    onOpen: (file) => takeIn(file),
    onClear: () =>
      tray.say('Remove all of your pictures from this browser?', [
        { text: 'Remove all', act: () => void retriever?.clearOwn().catch((error: Error) => tray.say(error.message)) },
      ]),
  });
  query.element.append(memory);
  root.replaceChildren(
    h('a', { class: 'skip', href: '#results', onclick: skip }, 'Skip to the pictures'),
    h(
      'header',
      { class: 'top' },
      h(
        'div',
        { class: 'title' },
        h('img', { src: './icon.svg', alt: '', width: 28, height: 28 }),
        h('h1', {}, 'Search by image'),
      ),
      h('div', { class: 'top-tools' }, library.element, corner.element),
      lead,
    ),
    h('main', {}, h('div', { class: 'side' }, query.element), h('div', { class: 'wide' }, begin, results)),
    heard,
    tray.element,
  );

  let catalogue: Catalogue;
  try {
    catalogue = await readCatalogue(settings);
  } catch (error) {
    lead.textContent = 'Nothing to search yet';
    results.replaceChildren(errorView("The list of galleries can't be read", error, () => location.reload()));
    return;
  }
  library.offer(catalogue.entries);
  addEventListener('popstate', () => {
    const { name } = readSettings(location.search);
    const entry = named(catalogue.entries, name);
    if (entry !== opened) void open(entry);
  });
  await open(catalogue.chosen);

  async function keep(provider: EdgeProvider): Promise<void> {
    keptFor = provider;
    corner.page(await keepOffline(provider));
  }

  /** What one begins with gives way to what was found. */
  function makeRoom(): void {
    begin.querySelector('.welcome')?.remove();
    samples?.fold();
  }

  /** Closes what is open and opens another. */
  async function open(entry: Entry): Promise<void> {
    opened = entry;
    opening?.abort();
    opening = new AbortController();
    const { signal } = opening;
    leaveCamera();
    query.enable(false);
    found.use(undefined);
    begin.replaceChildren();
    lead.textContent = 'Loading the gallery into this tab';
    library.chosen(entry);
    library.own(undefined);
    const closing = retriever?.close();
    retriever = undefined;
    const loading = loadingView(() => opening?.abort());
    results.replaceChildren(loading.element);
    try {
      await closing;
      const { provider } = settings;
      retriever = await openRetriever({
        model: entry.model,
        ...(entry.gallery !== undefined && { gallery: entry.gallery }),
        own: OWN,
        onChange(info) {
          corner.info(info);
          // A lost device changes what has to be there offline.
          if (info.provider !== keptFor) void keep(info.provider);
        },
        onOwn: (own) => {
          library.own(own);
          changed();
        },
        provider,
        signal,
        onProgress: loading.progress,
      });
    } catch (error) {
      // Another one was chosen meanwhile: that one says how it goes.
      if (signal !== opening.signal) return;
      lead.textContent = 'Nothing to search yet';
      const title = signal.aborted ? 'Nothing was loaded' : "The gallery can't be searched";
      results.replaceChildren(errorView(title, error, () => void open(entry)));
      return;
    }
    void keep(retriever.provider);
    results.replaceChildren();
    await begun(retriever);
  }

  async function begun(open: EdgeRetriever): Promise<void> {
    const { info } = open;
    const bits = info.codebook.M * Math.log2(info.codebook.K);
    lead.replaceChildren(
      info.gallery ? `${count(info.gallery.count)} pictures` : 'Your own pictures',
      h('span', { class: 'more' }, `, ${bits} bits each,`),
      ' searched inside this tab: nothing is uploaded.',
    );
    corner.info(info);
    library.own(open.own);
    query.enable(true);
    begin.replaceChildren(welcomeView(info));
    found.use(open);
    if (!info.gallery?.thumbnailType || info.gallery.count === 0) return;
    const wall = samplesView({
      draw: async () => open.items(await open.sample(SAMPLES)),
      onPick: pick,
      onError: ({ message }) => tray.say(message),
    });
    try {
      await wall.refill();
    } catch (error) {
      if (retriever === open) results.replaceChildren(errorView("The gallery's pictures can't be shown", error));
      return;
    }
    if (retriever !== open) return;
    samples = wall;
    begin.append(wall.element);
    if (!begin.querySelector('.welcome')) wall.fold();
  }

  /** One's own pictures, one by one. */
  function look(first?: () => void): void {
    void withOwn(({ ownGrid }, open) => {
      first?.();
      // One may have gone on while it was loaded.
      if (!found.looking) return;
      makeRoom();
      leaveCamera();
      found.show(ownGrid(open, tray, { onPick: pick, onBack: () => history.back() }));
      results.querySelector('h2')?.focus();
    });
  }

  function ask(picture: Blob, name: string): void {
    void found.ask({ kind: 'picture', picture, name });
  }

  function pick(item: EdgeItem): void {
    void found.ask(askedBy(item));
  }

  /** Gives the camera back, also one that is still being asked for. */
  function leaveCamera(): void {
    askingCamera?.abort();
    askingCamera = undefined;
    stopCamera?.();
  }

  async function photograph(): Promise<void> {
    // The browser asks the user, which takes its time: of two cameras only one could be stopped.
    if (askingCamera) return;
    askingCamera = new AbortController();
    const { signal } = askingCamera;
    let search: ReturnType<typeof found.live> | undefined;
    try {
      const { startCamera } = await import('./camera/session.ts');
      signal.throwIfAborted();
      stopCamera?.();
      stopCamera = await startCamera({
        query,
        // From the first frame on: until the camera is allowed the last question counts.
        search: (video) => {
          search ??= found.live();
          return search(video);
        },
        onPicture: (picture) => ask(picture, 'Photograph'),
        onError: (error) => found.show(errorView("The camera can't be used", error, () => void photograph())),
        onLeave: () => void found.back(),
        onStop: () => {
          stopCamera = undefined;
        },
        signal,
      });
    } catch (error) {
      // Something else was asked or opened meanwhile, and is shown.
      if (signal.aborted) return;
      found.show(errorView("The camera can't be used", error, () => void photograph()));
    } finally {
      if (askingCamera?.signal === signal) askingCamera = undefined;
    }
  }

  /** Does something with one's own pictures; what it takes is loaded then. */
  async function withOwn(work: (own: typeof import('./own/adding.ts'), open: EdgeRetriever) => void): Promise<void> {
    try {
      const own = await import('./own/adding.ts');
      if (retriever) work(own, retriever);
    } catch (error) {
      tray.say(`A part of this page didn't arrive: ${(error as Error).message}`);
    }
  }

  function takeIn(file: File): void {
    void withOwn(({ openGallery }, open) => openGallery(open, tray, file));
  }

  /** What is found may be another thing now. */
  function changed(): void {
    if (soon !== undefined) return;
    soon = setTimeout(() => {
      soon = undefined;
      found.again();
    }, AGAIN);
  }

  /** The address is a question here, so that a skip must not write into it. */
  function skip(event: Event): void {
    event.preventDefault();
    (results.querySelector<HTMLElement>('h2') ?? results).focus();
  }
}
