/** @file The page: four colours in, the nearest palettes out. */
import { openPalettes } from './palettes.js';

const inputs = [...document.querySelectorAll('#colours input')];
const status = document.querySelector('#status');
const palettes = await openPalettes();

function search() {
  const query = inputs.flatMap(({ value }) =>
    [1, 3, 5].map((from) => Number.parseInt(value.slice(from, from + 2), 16) / 255),
  );
  const began = performance.now();
  const hits = palettes.nearest(query, 12);
  const ms = performance.now() - began;
  const { structure, count, last } = palettes.explain();
  document.querySelector('#hits').replaceChildren(
    ...hits.map(({ id, distance, colours }) => {
      const item = document.createElement('li');
      for (const colour of colours) {
        const patch = document.createElement('i');
        patch.style.background = `rgb(${colour.join()})`;
        item.append(patch);
      }
      const text = document.createElement('span');
      text.textContent = `${id} at ${distance.toFixed(3)}`;
      item.append(text);
      return item;
    }),
  );
  status.textContent = `${ms.toFixed(1)} ms: looked at ${last.items} of ${count} (${structure})`;
}

for (const input of inputs) input.addEventListener('input', search);
search();
