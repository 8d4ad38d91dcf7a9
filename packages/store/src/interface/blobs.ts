import { extensionPoint, type Scope, token } from '@trestle/kernel';
import type { BlobsHealth, StoreCheckOptions } from './health.ts';

export interface BlobInfo {
  /** SHA-256 of the content, in hex. */
  readonly digest: string;
  readonly bytes: number;
}

/** Immutable content by its SHA-256. */
export interface Blobs {
  /**
   * Streams content in; when it returns, the blob is durable. Equal content is stored once.
   *
   * @param before called with what the blob will be, before it is one or is found to be there: who removes blobs can be
   *   told in it to leave this one
   */
  put(
    content: Uint8Array | AsyncIterable<Uint8Array>,
    before?: (info: BlobInfo) => Promise<void>,
  ): Promise<BlobInfo>;
  /** Takes a finished file over (moved, or copied across file systems). */
  putFile(path: string, before?: (info: BlobInfo) => Promise<void>): Promise<BlobInfo>;
  has(digest: string): Promise<boolean>;
  /** The whole content, checked. @throws TRS_STORE_BLOB_MISSING, TRS_STORE_BLOB_CORRUPT, TRS_STORE_BLOB_TOO_LARGE */
  read(digest: string, maxBytes?: number): Promise<Uint8Array>;
  /**
   * A local, read-only file with the content, checked before it is handed out, for engines that read files. It stays where it is for
   * an hour at least after it was last asked for, unless the blob is removed.
   */
  localPath(digest: string): Promise<string>;
  /** Removes content for good; what is not there is removed already. The caller knows that nothing refers to it. */
  remove(digest: string): Promise<void>;
  /** All blobs, by their digests in order. What is added or removed meanwhile may be among them or not. */
  list(): AsyncIterable<BlobInfo>;
  /** An empty private folder, to make files in before `putFile`, which need not be copied then; `remove` ends it. */
  workspace(): Promise<{ readonly dir: string; remove(): Promise<void> }>;
  /** Reaches where the blobs are. @throws what keeps them from being used */
  ready(): Promise<void>;
  /** Counts the blobs; with `deep` reads each and compares it with its digest. */
  check(options?: StoreCheckOptions): Promise<BlobsHealth>;
}

export const blobsToken = token<Blobs>('store.blobs');

/** Where blobs lie, by a name, for copies from one place to another: `trestle store copy files s3`. */
export interface NamedBlobs {
  readonly name: string;
  /** Opens them as the project's configuration says. */
  readonly open: (scope: Scope) => Promise<Blobs>;
}

/** Where plugins contribute the places for blobs that they bring. */
export const blobStores = extensionPoint<NamedBlobs>('store.blob-stores');

/** What a plugin keeps blobs for. */
export interface BlobUse {
  /** `data`, `registry`. */
  readonly name: string;
  /** Those of the digests to which something of the plugin refers, or is about to. */
  readonly among: (scope: Scope, digests: readonly string[]) => Promise<ReadonlySet<string>>;
}

/** Where plugins say which blobs they refer to: equal content is one blob, and who removes it as unused may not be its only user. */
export const blobUses = extensionPoint<BlobUse>('store.blob-uses');

/** Those of the digests to which plugins other than the named one refer. */
export async function usedByOthers(
  scope: Scope,
  own: string,
  digests: readonly string[],
): Promise<ReadonlySet<string>> {
  const used = new Set<string>();
  if (digests.length === 0) return used;
  for (const use of scope.extensions(blobUses)) {
    if (use.name === own) continue;
    for (const digest of await use.among(scope, digests)) used.add(digest);
  }
  return used;
}
