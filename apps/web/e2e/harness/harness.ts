/** @file A page with nothing but the retriever, for tests to call. */

import * as edge from '@dqn/edge';

declare global {
  interface Window {
    edge: typeof edge;
    retriever: edge.EdgeRetriever;
  }
}

window.edge = edge;
