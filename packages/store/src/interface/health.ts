import { token } from '@trestle/kernel';

export interface StoreHealth {
  /** What it is, for a person: `SQLite 3.53, WAL, synchronous=FULL`. */
  readonly engine: string;
  /** Where the state lives. */
  readonly location: string;
  readonly metadataBytes: number;
  readonly freeBytes: number;
  /** Space kept back for changes on a full disk; 0 when it was used or is turned off. */
  readonly reserveBytes: number;
  readonly blobs: { readonly count: number; readonly bytes: number };
  /** What is wrong, one sentence each; empty when the store is whole. */
  readonly problems: readonly string[];
}

export interface StoreCheckOptions {
  /** Also reads every blob and compares it with its digest: about 3 s per GiB. */
  readonly deep?: boolean;
  readonly signal?: AbortSignal;
  /** Between 0 and 1. */
  readonly onProgress?: (fraction: number) => void;
}

/** Looks whether the store is whole. Reads all of the metadata, so it takes longer than other calls. */
export interface StoreCheck {
  check(options?: StoreCheckOptions): Promise<StoreHealth>;
}

export const storeCheckToken = token<StoreCheck>('store.check');
