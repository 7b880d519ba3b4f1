/** @file Made from openapi.json by tools/client.mjs; change the schemas of the server instead. */

/** Exactly one of the members. */
export type OneOf<T> = {
  [K in keyof T]: { [P in K]: T[P] } & { [P in Exclude<keyof T, K>]?: never };
}[keyof T];

/** Problem details (RFC 9457). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** One of a fixed set, such as BAD_REQUEST or OVERLOADED. */
  readonly code: string;
  readonly requestId?: string;
}

/** The operations of the server by their ids. */
export interface Operations {
  /** Whether the process answers. */
  health: {
    method: 'GET';
    path: '/healthz';
    reply: {
      readonly status: string;
    };
  };
  /** Whether it answers searches and takes writes. */
  ready: {
    method: 'GET';
    path: '/readyz';
    reply: {
      readonly status: 'ready' | 'not ready';
      readonly problems: readonly {
        readonly code: string;
        readonly message: string;
      }[];
    };
  };
  /** The model, the gallery, the runtime, the limits. */
  info: {
    method: 'GET';
    path: '/v1/info';
    reply: {
      readonly version: string;
      readonly model: {
        readonly sha256: string;
        /** Pixels on a side of what the network sees. */
        readonly size: number;
        /** D: numbers of an embedding. */
        readonly dimensions: number;
      };
      readonly codebook: {
        readonly sha256: string;
        /** Bytes of a code. */
        readonly M: number;
        /** Codewords of a subspace. */
        readonly K: number;
        readonly bits: number;
        readonly distance: string;
        readonly classes: readonly string[];
        readonly training?: { readonly [name: string]: unknown };
      };
      /** null: none is open. */
      readonly gallery: {
        /** Items. */
        readonly count: number;
        readonly classes?: readonly string[];
        readonly thumbnailType?: string;
        readonly [name: string]: unknown;
      } | null;
      readonly runtime: {
        /** cuda, webgpu or cpu. */
        readonly provider: string;
        readonly [name: string]: unknown;
      };
      readonly limits: {
        /** Bytes of a body. */
        readonly body: number;
        /** Bytes of a stream of items. */
        readonly bulk: number;
        /** Queries or pictures a request. */
        readonly batch: number;
        /** Hits a query. */
        readonly k: number;
        /** Requests at a time. */
        readonly requests: number;
        /** Milliseconds a request. */
        readonly time: number;
      };
    };
  };
  /** Numbers for Prometheus. */
  metrics: {
    method: 'GET';
    path: '/metrics';
  };
  /** Find the items nearest to an image, a vector or an item. */
  search: {
    method: 'POST';
    path: '/v1/search';
    query: {
      /** Hits wanted. */
      readonly k?: number;
      /** Hits left out before them. */
      readonly offset?: number;
      /** Default: the one that the codebook was learnt for. ip is the negated inner product. */
      readonly distance?: 'aqd' | 'ip' | 'sqd';
      /** metadata: hits bring theirs; code: the answer brings the query's own. */
      readonly include?: readonly ('metadata' | 'code')[];
      /** Of a gallery on several servers: what the others have, where some do not answer. The answer says which in missing. */
      readonly partial?: boolean;
      /** A filter as JSON; a longer one goes into a JSON body. */
      readonly filter?: string;
    };
    body: {
      /** Hits wanted. */
      readonly k?: number;
      /** Hits left out before them. */
      readonly offset?: number;
      /** Default: the one that the codebook was learnt for. ip is the negated inner product. */
      readonly distance?: 'aqd' | 'ip' | 'sqd';
      /** metadata: hits bring theirs; code: the answer brings the query's own. */
      readonly include?: readonly ('metadata' | 'code')[];
      /** Of a gallery on several servers: what the others have, where some do not answer. The answer says which in missing. */
      readonly partial?: boolean;
      /** Which items may be found; of several parts an item has to pass each. */
      readonly filter?: {
        /** Items with at least one of these labels. */
        readonly labels?: readonly string[];
        /** Items with these ids. */
        readonly ids?: readonly (string | number)[];
        /** By name: what the member equals, a list of which it equals one, or a range. */
        readonly metadata?: { readonly [name: string]: string | number | boolean | null | readonly (string | number | boolean | null)[] | {
          readonly gt?: string | number;
          readonly gte?: string | number;
          readonly lt?: string | number;
          readonly lte?: string | number;
        } };
      };
    } & OneOf<{
      /** An embedding: D numbers. */
      readonly vector: readonly number[];
      /** A text or, in a gallery whose ids are numbers, a whole number (beyond 2^53 as decimal text). */
      readonly id: string | number;
      /** The bytes of an image file, base64. */
      readonly image: string;
      /** Where an image file is; only origins that the server was told of are asked. */
      readonly url: string;
    }>;
    reply: {
      /** Nearest first. */
      readonly hits: readonly {
        /** A text or, in a gallery whose ids are numbers, a whole number (beyond 2^53 as decimal text). */
        readonly id: string | number;
        /** Smaller is nearer. */
        readonly distance: number;
        /** Names of classes. */
        readonly labels: readonly string[];
        /** A JSON object; members of its first level can be filtered by. */
        readonly metadata?: { readonly [name: string]: unknown };
      }[];
      /** The query's own code, as hexadecimal digits. */
      readonly code?: string;
      readonly k: number;
      readonly offset: number;
      readonly distance: 'aqd' | 'ip' | 'sqd';
      /** What runs the network: cuda, webgpu, cpu. */
      readonly provider: string;
      /** Where partial results were asked for: servers that did not answer, none where the answer is whole. */
      readonly missing?: readonly string[];
      /** Milliseconds by stage; 0 for what the query did not need. */
      readonly times: {
        readonly queue?: number;
        readonly decode?: number;
        readonly preprocess?: number;
        readonly infer?: number;
        readonly search?: number;
        readonly total: number;
      };
    };
  };
  /** Many searches with the same options. */
  searchBatch: {
    method: 'POST';
    path: '/v1/search:batch';
    query: {
      /** Hits wanted. */
      readonly k?: number;
      /** Hits left out before them. */
      readonly offset?: number;
      /** Default: the one that the codebook was learnt for. ip is the negated inner product. */
      readonly distance?: 'aqd' | 'ip' | 'sqd';
      /** metadata: hits bring theirs; code: the answer brings the query's own. */
      readonly include?: readonly ('metadata' | 'code')[];
      /** Of a gallery on several servers: what the others have, where some do not answer. The answer says which in missing. */
      readonly partial?: boolean;
      /** A filter as JSON; a longer one goes into a JSON body. */
      readonly filter?: string;
    };
    body: {
      readonly queries: readonly ({

      } & OneOf<{
        /** An embedding: D numbers. */
        readonly vector: readonly number[];
        /** A text or, in a gallery whose ids are numbers, a whole number (beyond 2^53 as decimal text). */
        readonly id: string | number;
        /** The bytes of an image file, base64. */
        readonly image: string;
        /** Where an image file is; only origins that the server was told of are asked. */
        readonly url: string;
      }>)[];
      /** Hits wanted. */
      readonly k?: number;
      /** Hits left out before them. */
      readonly offset?: number;
      /** Default: the one that the codebook was learnt for. ip is the negated inner product. */
      readonly distance?: 'aqd' | 'ip' | 'sqd';
      /** metadata: hits bring theirs; code: the answer brings the query's own. */
      readonly include?: readonly ('metadata' | 'code')[];
      /** Of a gallery on several servers: what the others have, where some do not answer. The answer says which in missing. */
      readonly partial?: boolean;
      /** Which items may be found; of several parts an item has to pass each. */
      readonly filter?: {
        /** Items with at least one of these labels. */
        readonly labels?: readonly string[];
        /** Items with these ids. */
        readonly ids?: readonly (string | number)[];
        /** By name: what the member equals, a list of which it equals one, or a range. */
        readonly metadata?: { readonly [name: string]: string | number | boolean | null | readonly (string | number | boolean | null)[] | {
          readonly gt?: string | number;
          readonly gte?: string | number;
          readonly lt?: string | number;
          readonly lte?: string | number;
        } };
      };
    };
    reply: {
      readonly results: readonly {
        /** Nearest first. */
        readonly hits?: readonly {
          /** A text or, in a gallery whose ids are numbers, a whole number (beyond 2^53 as decimal text). */
          readonly id: string | number;
          /** Smaller is nearer. */
          readonly distance: number;
          /** Names of classes. */
          readonly labels: readonly string[];
          /** A JSON object; members of its first level can be filtered by. */
          readonly metadata?: { readonly [name: string]: unknown };
        }[];
        /** M subcodes as hexadecimal digits. */
        readonly code?: string;
        /** Problem details (RFC 9457). */
        readonly problem?: Problem;
      }[];
      readonly k: number;
      readonly offset: number;
      readonly distance: 'aqd' | 'ip' | 'sqd';
      /** What runs the network: cuda, webgpu, cpu. */
      readonly provider: string;
      /** Where partial results were asked for: servers that did not answer, none where the answer is whole. */
      readonly missing?: readonly string[];
      /** Milliseconds by stage; 0 for what the query did not need. */
      readonly times: {
        readonly queue?: number;
        readonly decode?: number;
        readonly preprocess?: number;
        readonly infer?: number;
        readonly search?: number;
        readonly total: number;
      };
    };
  };
  /** The codes of images or vectors, and if asked the embeddings. */
  encode: {
    method: 'POST';
    path: '/v1/encode';
    query: {
      /** vector: results bring the embeddings, too. */
      readonly include?: readonly ('vector')[];
    };
    body: {
      readonly queries: readonly ({

      } & OneOf<{
        /** An embedding: D numbers. */
        readonly vector: readonly number[];
        /** The bytes of an image file, base64. */
        readonly image: string;
        /** Where an image file is; only origins that the server was told of are asked. */
        readonly url: string;
      }>)[];
      /** vector: results bring the embeddings, too. */
      readonly include?: readonly ('vector')[];
    };
    reply: {
      readonly results: readonly {
        /** M subcodes as hexadecimal digits. */
        readonly code?: string;
        /** An embedding: D numbers. */
        readonly vector?: readonly number[];
        /** Problem details (RFC 9457). */
        readonly problem?: Problem;
      }[];
      /** What runs the network: cuda, webgpu, cpu. */
      readonly provider: string;
    };
  };
  /** Add an item, or replace the one that has this id. */
  putItem: {
    method: 'PUT';
    path: '/v1/items/{id}';
    query: {
      /** Names of classes. */
      readonly labels?: readonly string[];
      /** A JSON object; a longer one goes into a JSON body. */
      readonly metadata?: string;
      /** Whether a small picture is kept to show it by. */
      readonly thumbnail?: boolean;
    };
    body: {
      /** Names of classes. */
      readonly labels?: readonly string[];
      /** A JSON object; members of its first level can be filtered by. */
      readonly metadata?: { readonly [name: string]: unknown };
      /** The bytes of a small image file, base64, to show it by; of a picture one is made unless this is false. */
      readonly thumbnail?: boolean | string;
    } & OneOf<{
      /** An embedding: D numbers. */
      readonly vector: readonly number[];
      /** M subcodes as hexadecimal digits. */
      readonly code: string;
      /** The bytes of an image file, base64. */
      readonly image: string;
      /** Where an image file is; only origins that the server was told of are asked. */
      readonly url: string;
    }>;
    reply: {
      /** A text or, in a gallery whose ids are numbers, a whole number (beyond 2^53 as decimal text). */
      readonly id: string | number;
      /** false: it replaced one. */
      readonly created: boolean;
    };
  };
  /** An item. */
  getItem: {
    method: 'GET';
    path: '/v1/items/{id}';
    reply: {
      /** A text or, in a gallery whose ids are numbers, a whole number (beyond 2^53 as decimal text). */
      readonly id: string | number;
      /** M subcodes as hexadecimal digits. */
      readonly code: string;
      /** Names of classes. */
      readonly labels: readonly string[];
      /** A JSON object; members of its first level can be filtered by. */
      readonly metadata?: { readonly [name: string]: unknown };
    };
  };
  /** Remove an item. */
  removeItem: {
    method: 'DELETE';
    path: '/v1/items/{id}';
  };
  /** A small picture of an item. */
  getThumbnail: {
    method: 'GET';
    path: '/v1/items/{id}/thumbnail';
  };
  /** Add, replace and remove items by a stream. */
  putItems: {
    method: 'POST';
    path: '/v1/items:bulk';
    body: {
      /** A text or, in a gallery whose ids are numbers, a whole number (beyond 2^53 as decimal text). */
      readonly id: string | number;
      /** Names of classes. */
      readonly labels?: readonly string[];
      /** A JSON object; members of its first level can be filtered by. */
      readonly metadata?: { readonly [name: string]: unknown };
      /** The bytes of a small image file, base64, to show it by; of a picture one is made unless this is false. */
      readonly thumbnail?: boolean | string;
    } & OneOf<{
      /** An embedding: D numbers. */
      readonly vector: readonly number[];
      /** M subcodes as hexadecimal digits. */
      readonly code: string;
      /** The bytes of an image file, base64. */
      readonly image: string;
      /** Where an image file is; only origins that the server was told of are asked. */
      readonly url: string;
      readonly remove: true;
    }>;
    reply: {
      /** Position in the stream, from 0. */
      readonly index?: number;
      /** A text or, in a gallery whose ids are numbers, a whole number (beyond 2^53 as decimal text). */
      readonly id?: string | number;
      readonly status?: 'created' | 'replaced' | 'removed' | 'absent' | 'failed';
      /** Problem details (RFC 9457). */
      readonly problem?: Problem;
      /** false: the stream broke, and problem says why. */
      readonly done?: boolean;
      readonly created?: number;
      readonly replaced?: number;
      readonly removed?: number;
      readonly absent?: number;
      readonly failed?: number;
    };
  };
  /** A gallery file of all items as they are now. */
  snapshot: {
    method: 'GET';
    path: '/v1/snapshot';
  };
}
