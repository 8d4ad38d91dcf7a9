import type { TypedColumn } from '../engine/batches.ts';
import type { FileFormat } from './file-format.ts';

/** A file on the local disk that the engine can read, looked at once. */
export interface LocalSource {
  readonly path: string;
  /** What the user called it. */
  readonly shown: string;
  readonly format: Exclude<FileFormat, 'arrow' | 'excel' | 'sqlite'>;
  /** SHA-256 of the content as it was found, in hex. */
  readonly digest: string;
  /** A long text whose lines end in LF alone: a sample of it may tell the types. */
  readonly canBeSampled?: boolean;
  /** Where types are known, and need not be found out. */
  readonly columns?: readonly TypedColumn[];
  /** The most characters of a line, where that is known: the engine makes room for several of them. */
  readonly longestLine?: number;
}

/** What a user named, as files on the local disk. */
export interface OpenedSource {
  /** For a person; holds no credentials. */
  readonly shown: string;
  readonly files: readonly [LocalSource, ...LocalSource[]];
}
