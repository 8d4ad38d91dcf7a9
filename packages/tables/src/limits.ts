/** What an engine may use. */
export interface EngineLimits {
  /** Of the memory, in MiB; beyond it, it spills to the disk. */
  readonly memoryMiB: number;
  readonly threads: number;
}

/** What reading may use, fetch and reach. */
export interface ReadLimits extends EngineLimits {
  /** The largest download and the largest extracted file, in bytes. */
  readonly maxSourceBytes: number;
  /** Hosts with private addresses from which may be fetched. */
  readonly allowPrivateHosts: readonly string[];
  /** Databases and buckets that callers of a server may read from, with its credentials: `postgres://db:5432`, `s3://bucket`. */
  readonly allowSources: readonly string[];
}
