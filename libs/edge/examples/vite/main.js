import { openRetriever } from '@dqn/edge';

const retriever = await openRetriever({ model: './model/', gallery: './gallery' });
document.querySelector('input').onchange = async ({ target }) => {
  const { hits } = await retriever.search(target.files[0], { k: 10 });
  document.querySelector('pre').textContent = hits.map(({ id, distance }) => `${id} ${distance.toFixed(3)}`).join('\n');
};
document.body.dataset.ready = retriever.provider;
