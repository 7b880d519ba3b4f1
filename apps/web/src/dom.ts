/** @file Elements without a framework. */

type Child = Node | string | null | undefined | false;

/** Attributes and listeners: `onclick` and its like are listeners, `false` leaves an attribute out. */
export type Properties = Record<string, string | number | boolean | ((event: never) => void) | undefined>;

/**
 * Makes an element.
 *
 * @example h('button', { type: 'button', class: 'quiet', onclick: close }, 'Close')
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(
    ...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** An icon of 24 × 24, drawn as one path with the colour of the text. */
export function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('icon');
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

/** The icons of the page. */
export const ICONS = {
  picture: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01',
  shuffle: 'M4 7h4l8 10h4M4 17h4l2-2.5M14 9.5L16 7h4M18 4.5L20.5 7 18 9.5M18 14.5l2.5 2.5-2.5 2.5',
  camera: 'M4 8h3.5L9 5.5h6L16.5 8H20v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z',
  flip: 'M5 12a7 7 0 0 1 12-4.9L19 9M19 4.5V9h-4.5M19 12a7 7 0 0 1-12 4.9L5 15M5 19.5V15h4.5',
  folder: 'M3.5 6h6l2 2.5h9V18h-17zM12 11v5M9.5 13.5h5',
  filter: 'M4 6h16M7 12h10M10 18h4',
  link: 'M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.6-5.6L12 7M14 10a4 4 0 0 0-6-.4l-3 3A4 4 0 0 0 10.6 18.2L12 17',
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M7 10l5 5 5-5',
  code: 'M4 5h4v4H4zM10 5h4v4h-4zM16 5h4v4h-4zM4 15h4v4H4zM10 15h4v4h-4zM16 15h4v4h-4z',
  grid: 'M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z',
} as const;

/** A button: what it is called for those who don't see its icon is its text. */
export function button(text: Child, onclick: () => void, properties: Properties = {}): HTMLButtonElement {
  return h('button', { type: 'button', onclick, ...properties }, text);
}

/** A round button that shows an icon alone. */
export function iconButton(path: string, label: string, onclick: () => void): HTMLButtonElement {
  return button(icon(path), onclick, { class: 'round', 'aria-label': label, title: label });
}

/** Makes `panel` open below `opener`, and close by Escape or by a click beside it. */
export function popover(opener: HTMLButtonElement, panel: HTMLElement): void {
  panel.popover = 'auto';
  opener.popoverTargetElement = panel;
  panel.addEventListener('toggle', (event) => {
    if ((event as ToggleEvent).newState !== 'open') return;
    const { left, right, bottom } = opener.getBoundingClientRect();
    const width = document.documentElement.clientWidth;
    // From the side that the opener is nearer to, so that it fits a phone.
    const leans = left + right > width;
    panel.style.top = `${bottom + scrollY + 6}px`;
    panel.style.left = leans ? 'auto' : `${Math.max(8, left)}px`;
    // What doesn't fit below is scrolled to; where next to nothing fits, the panel may be longer than the page.
    panel.style.maxHeight = `${Math.max(240, innerHeight - bottom - 20)}px`;
    panel.style.right = leans ? `${Math.max(8, width - right)}px` : 'auto';
  });
}

/** Lets the arrow keys lead through the things that `selector` finds in a grid, line by line. */
export function arrowKeys(grid: HTMLElement, selector: string): void {
  grid.addEventListener('keydown', (event) => {
    const all = [...grid.querySelectorAll<HTMLElement>(selector)];
    const at = all.indexOf(event.target as HTMLElement);
    if (at < 0) return;
    const top = (i: number): number => all[i].getBoundingClientRect().top;
    const columns = Math.max(
      1,
      all.findIndex((_, i) => top(i) > top(0) + 1),
    );
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    const next = step && all[at + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
}
