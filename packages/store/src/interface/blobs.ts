import { token } from '@trestle/kernel';

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
  /** A local, read-only file with the content, checked before it is handed out, for engines that read files. */
  localPath(digest: string): Promise<string>;
  /** Removes content for good; what is not there is removed already. The caller knows that nothing refers to it. */
  remove(digest: string): Promise<void>;
  /** An empty private folder on the blobs' file system, to make files in before `putFile`; removed by the returned function. */
  workspace(): Promise<{ readonly dir: string; remove(): Promise<void> }>;
}

export const blobsToken = token<Blobs>('store.blobs');
