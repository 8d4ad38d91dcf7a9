import type { FileFormat } from './file-format.ts';
import type { FolderColumns } from './folders/folder-columns.ts';
import type { KnownColumn } from './tables/opened-rows.ts';

export interface Scanned {
  /** SHA-256 of the content as it was found, in hex. */
  readonly digest: string;
  /** A CR is in it. Where lines may end in two ways, only a look at all of them tells. */
  readonly hasReturns?: boolean;
}

/** A file on the local disk that the engine can read. */
export interface LocalSource {
  readonly path: string;
  /** What the user called it. */
  readonly shown: string;
  readonly format: FileFormat;
  /** What a pass over the content tells. It may go on while the engine looks at the first rows: no row is taken before it ends. */
  readonly scanned: Promise<Scanned>;
  /** A long text: a sample of it may tell the types. */
  readonly isLong?: boolean;
  /** Where types are known, and need not be found out. */
  readonly columns?: readonly KnownColumn[];
  /** Columns of which the types are looked for in the texts that were written down for them (`spoolTexts`). */
  readonly texts?: readonly string[];
  /** What a place of a row is counted in; lines when left out. */
  readonly rowsAre?: 'lines' | 'rows';
  /** What the names of its folders say of its rows, where they do: columns beside its own. */
  readonly folders?: FolderColumns;
  /** What a person is to know of how it was read: what was guessed, or could not be kept. */
  readonly notes?: readonly string[];
  /** The most characters of a line, where that is known: the engine makes room for several of them. */
  readonly longestLine?: number;
}

/** What a user named, as files on the local disk. */
export interface OpenedSource {
  /** For a person; holds no credentials. */
  readonly shown: string;
  readonly files: readonly [LocalSource, ...LocalSource[]];
  /** Which state of it was read, where its source tells. */
  readonly revision?: string;
}
