export interface FeastLimits {
  /** Milliseconds that each command may take. */
  readonly start: number;
  readonly setup: number;
  readonly load: number;
  readonly online: number;
  readonly offline: number;
  /** Bytes that the worker may hold. */
  readonly memory: number;
}

export interface FeastStore {
  /** The Feast project: it is part of every Redis key. */
  readonly name: string;
  /** `file` is Feast's Dask store. */
  readonly offline?: "duckdb" | "file";
  readonly entities: readonly {
    readonly name: string;
    readonly key: string;
    readonly type: "int64" | "string";
  }[];
  readonly views: readonly FeastView[];
  readonly services?: readonly {
    readonly name: string;
    readonly views: readonly string[];
    readonly precompute?: boolean;
  }[];
}

export interface FeastView {
  readonly name: string;
  readonly entity: string;
  /** A Parquet file with the key, `event_timestamp`, `created` and the features. */
  readonly source: string;
  /** 0: values never grow old. */
  readonly ttlSeconds?: number;
  readonly features: readonly { readonly name: string; readonly type: "int64" | "float64" | "string" }[];
}

/** What is asked for: `view:feature` references, or a service. */
export type FeastRead = { readonly references: readonly string[] } | { readonly service: string };

export interface FeastOnline {
  readonly store: string;
  readonly read: FeastRead;
  /** The join key. */
  readonly key: string;
  /** The entity keys of each request. */
  readonly requests: readonly (readonly (number | string)[])[];
  /** `response` stops at Feast's protobuf answer, `dict` includes `to_dict()`; default `response`. */
  readonly form?: "response" | "dict";
  /** `frozen` spares Feast the long pauses of Python's collector; default `frozen`. */
  readonly collector?: "frozen" | "default";
}

export interface FeastPeer {
  readonly pid: number;
  /** Of Python and of each package that matters. */
  readonly versions: Readonly<Record<string, string>>;
  setup(store: FeastStore): Promise<{ readonly seconds: number }>;
  load(data: {
    readonly store: string;
    readonly view: string;
    readonly source: string;
    readonly method?: "write" | "materialize";
    /** Services whose vectors are made afterwards. */
    readonly precompute?: readonly string[];
  }): Promise<{
    readonly rows: number;
    readonly seconds: number;
    readonly vectors: number;
    readonly precomputeSeconds: number;
  }>;
  /** `latencies` in milliseconds, one a request; `missing`: values of the last answer that were empty. */
  online(reads: FeastOnline): Promise<{
    readonly seconds: number;
    readonly latencies: readonly number[];
    readonly missing: number;
  }>;
  values(request: {
    readonly store: string;
    readonly read: FeastRead;
    readonly key: string;
    readonly keys: readonly (number | string)[];
  }): Promise<{ readonly columns: Readonly<Record<string, readonly unknown[]>> }>;
  /** The spine is a Parquet file with the key and `event_timestamp`; other columns pass through. */
  offline(join: {
    readonly store: string;
    readonly read: FeastRead;
    readonly spine: string;
    /** Where the result goes as Parquet, after the clock has stopped. */
    readonly output?: string;
  }): Promise<{
    /** Reading the spine, and the join. */
    readonly seconds: number;
    readonly spineRows: number;
    readonly rows: number;
    readonly columns: number;
    /** Bytes; null where the system does not tell. */
    readonly residentBefore: number | null;
    readonly peakBytes: number | null;
  }>;
  /** Ends the process. */
  close(): Promise<void>;
}

/** `python` is a path from `feastEnvironment`; `folder` is a temporary one, for the registry and what DuckDB spills. */
export function startFeast(options: {
  readonly python: string;
  readonly redisPort: number;
  readonly folder: string;
  /** Redis database; default 1. */
  readonly redisDb?: number;
  readonly limits?: Partial<FeastLimits>;
}): Promise<FeastPeer>;
