import { token } from '@trestle/kernel';

export interface BlobInfo {
  /** SHA-256 of the content, in hex. */
  readonly digest: string;
  readonly bytes: number;
}

/** Immutable content by its SHA-256. */
export interface Blobs {
  /** Streams content in; when it returns, the blob is durable. Equal content is stored once. */
  put(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<BlobInfo>;
  /** Takes a finished file over (moved, or copied across file systems). */
  putFile(path: string): Promise<BlobInfo>;
  has(digest: string): Promise<boolean>;
  /** The whole content, checked. @throws TRS_STORE_BLOB_MISSING, TRS_STORE_BLOB_CORRUPT, TRS_STORE_BLOB_TOO_LARGE */
  read(digest: string, maxBytes?: number): Promise<Uint8Array>;
  /** A local, read-only file with the content, checked before it is handed out, for engines that read files. */
  localPath(digest: string): Promise<string>;
  /** An empty private folder on the blobs' file system, to make files in before `putFile`; removed by the returned function. */
  workspace(): Promise<{ readonly dir: string; remove(): Promise<void> }>;
}

export const blobsToken = token<Blobs>('store.blobs');
