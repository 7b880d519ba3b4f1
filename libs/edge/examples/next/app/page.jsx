'use client';

import { openRetriever } from '@dqn/edge';
import { useEffect, useRef, useState } from 'react';

/** One retriever for as long as the page is there. */
function useRetriever(model, gallery) {
  const retriever = useRef(null);
  const [ready, setReady] = useState('');
  useEffect(() => {
    const stop = new AbortController();
    openRetriever({ model, gallery, signal: stop.signal }).then(
      (opened) => {
        retriever.current = opened;
        setReady(opened.provider);
      },
      (error) => stop.signal.aborted || setReady(error.message),
    );
    return () => {
      stop.abort();
      retriever.current?.close();
    };
  }, [model, gallery]);
  return [retriever, ready];
}

export default function Page() {
  const [retriever, ready] = useRetriever('./model/', './gallery');
  const [hits, setHits] = useState([]);
  const search = async ({ target }) => setHits((await retriever.current.search(target.files[0], { k: 10 })).hits);
  return (
    <main data-ready={ready}>
      <input type="file" accept="image/*" aria-label="A picture" disabled={!ready} onChange={search} />
      <pre>{hits.map(({ id, distance }) => `${id} ${distance.toFixed(3)}`).join('\n')}</pre>
    </main>
  );
}
