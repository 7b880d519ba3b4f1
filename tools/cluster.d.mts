/** A server of the cluster. */
export interface ClusterProcess {
  readonly name: string;
  /** Its own, with `log`. */
  readonly folder: string;
  readonly host: string;
  readonly url: string;
  readonly pid: number | undefined;
  readonly isRunning: boolean;
  /** Starts it again after a kill, on the same port and data, and waits until it answers. */
  start(): Promise<void>;
  /** Ends it and waits for the end; `SIGKILL` unless told. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** It keeps its connections and answers nothing until `resume`. */
  pause(): void;
  resume(): void;
}

export interface Shard extends ClusterProcess {
  readonly httpPort: number;
  readonly tcpPort: number;
}

export interface Redis extends ClusterProcess {
  readonly port: number;
}

export interface Cluster {
  /** The temporary folder of everything; goes with `stop`. */
  readonly folder: string;
  /** The cluster's name in `remote_servers`: each shard with one replica. */
  readonly cluster: 'dqn';
  /** shard1, shard2, … Users: `default` without a password, KEYED with one, `readonly`. */
  readonly shards: Shard[];
  readonly redis: Redis | undefined;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export const CLUSTER: 'dqn';
export const KEYED: { readonly user: string; readonly password: string };
export function clusterIsMissing(what: string): boolean;
export function startCluster(o?: {
  readonly shards?: number;
  readonly redis?: boolean;
  readonly at?: string;
}): Promise<Cluster>;
