import { token } from '@trestle/kernel';

export interface StoreCheckOptions {
  /** Also reads every blob and compares it with its digest: about 3 s per GiB. */
  readonly deep?: boolean;
  readonly signal?: AbortSignal;
  /** Between 0 and 1. */
  readonly onProgress?: (fraction: number) => void;
}

export interface DatabaseHealth {
  /** What it is, for a person: `SQLite 3.53, WAL, synchronous=FULL`. */
  readonly engine: string;
  /** Where it lives, without a password. */
  readonly location: string;
  readonly bytes: number;
  /** Left on its disk, where that can be told. */
  readonly freeBytes?: number;
  /** Space kept back for changes on a full disk; 0 when it was used or is turned off. */
  readonly reserveBytes?: number;
  /** What is wrong, one sentence each; empty when it is whole. */
  readonly problems: readonly string[];
}

export interface BlobsHealth {
  /** What it is, for a person: `files`. */
  readonly engine: string;
  readonly location: string;
  readonly count: number;
  readonly bytes: number;
  readonly problems: readonly string[];
}

export interface StoreHealth {
  readonly metadata: DatabaseHealth;
  readonly blobs: BlobsHealth;
}

/** Looks whether the store can be used, and whether it is whole. */
export interface StoreCheck {
  /** Reaches metadata and blobs, in milliseconds. @throws what keeps it from being used */
  ready(): Promise<void>;
  /** Looks whether it is whole: reads all of the metadata, so it takes longer than other calls. */
  check(options?: StoreCheckOptions): Promise<StoreHealth>;
}

export const storeCheckToken = token<StoreCheck>('store.check');
