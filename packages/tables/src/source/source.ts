import { didYouMean, extensionPoint, issueWords } from '@trestle/kernel';
import type { z } from 'zod';
import { dataError } from '../data-error.ts';
import type { FoundFile } from './folders/list-folder.ts';
import type { ReadContext } from './read-context.ts';
import type { SourceOptions } from './source-options.ts';
import type { OpenedRows, OpenedTable } from './tables/opened-rows.ts';

export type { FoundFile } from './folders/list-folder.ts';
export type { ReadContext } from './read-context.ts';
export type { KnownColumn, OpenedRows, OpenedTable } from './tables/opened-rows.ts';

/** Options of `data add` that only some sources have a use for. */
export type LimitedOption = 'query' | 'sheet' | 'labels' | 'delimiter' | 'quote' | 'header' | 'encoding';

/** What a source is asked for. */
export interface SourceRequest<Options = unknown> {
  /** The address as it was named; of a source that knows endings, the path of a local file. */
  readonly address: string;
  /** What messages call it; holds no credentials. */
  readonly shown: string;
  /** The options of `data add`: of the limited ones those that the source takes, others were refused. */
  readonly told: SourceOptions;
  /** Its own options, as its schema gave them. */
  readonly options: Options;
  /** A folder for what is fetched or extracted. */
  readonly dir: string;
}

/** A file on the local disk, which is read by what its name says. */
export interface OpenedFile {
  readonly kind: 'file';
  readonly path: string;
}

/** Files as those of a folder: tables, images or texts. */
export interface OpenedFolder {
  readonly kind: 'folder';
  readonly files: readonly FoundFile[];
}

/** What an address stands for, and what the lineage tells of it. */
export type Opened = (OpenedRows | OpenedTable | OpenedFile | OpenedFolder) & {
  /** What it was made of, for a person and the record; holds no credentials. The address without its query when left out. */
  readonly shown?: string;
  /** Which state of it was read, where the address names one that changes: a table's version, a commit, an ETag. */
  readonly revision?: string;
};

interface SourceParts<Schema extends z.ZodObject, Found> {
  /** `postgres` */
  readonly name: string;
  /** What it reads, as a sentence goes on behind "is of": `Excel`, `database servers`. */
  readonly title: string;
  /** The limited options that it takes; of a source of files left out: what the files are decides. */
  readonly takes?: readonly LimitedOption[];
  /** Its own options (`--option KEY=VALUE`). Values come as texts: `z.coerce`. A secret comes from the environment: options are recorded. */
  readonly options?: Schema;
  readonly load: () => Promise<
    (ctx: ReadContext, request: SourceRequest<z.output<Schema>>) => Promise<Found>
  >;
}

/** What an author says of a source of addresses. */
export interface AddressSourceParts<Schema extends z.ZodObject> extends SourceParts<Schema, Opened> {
  /** What its addresses begin with: `['postgres', 'postgresql']`. */
  readonly schemes: readonly string[];
  /**
   * It reaches nothing that its caller could not reach (by `safeFetch`). Of any other, callers of a server need the consent of its
   * owner (`data.allowSources`), since it acts with the server's credentials and from its network.
   */
  readonly isPublic?: boolean;
}

/** What an author says of a source of files of a format. */
export interface FileSourceParts<Schema extends z.ZodObject>
  extends SourceParts<Schema, OpenedRows | OpenedTable> {
  /** What the names of its files end with: `['.avro']`. */
  readonly endings: readonly string[];
}

interface AnySource<Found> {
  readonly name: string;
  readonly title: string;
  readonly takes: readonly LimitedOption[] | undefined;
  /** The names of its own options. */
  readonly ownOptions: readonly string[];
  /** @throws TRS_DATA_OPTION for one of its own options that it does not know, or take so */
  open(ctx: ReadContext, request: Omit<SourceRequest, 'options'>): Promise<Found>;
}

/** A source of addresses, as its users hold it: the type of its options stays inside. */
export interface AddressSource extends AnySource<Opened> {
  readonly schemes: readonly string[];
  readonly isPublic: boolean;
}

/** A source of files, likewise. */
export interface FileSource extends AnySource<OpenedRows | OpenedTable> {
  readonly endings: readonly string[];
}

/** Where rows come from: what a plugin contributes to `sources`, and what ours are. */
export type Source = AddressSource | FileSource;

/** Where a plugin adds a source: `trestle data add`, `predict --input` and labels are read from it. */
export const sources = extensionPoint<Source>('data.sources');

/** Defines a source of addresses. */
export const addressSource = <Schema extends z.ZodObject = z.ZodObject<Record<never, never>>>(
  parts: AddressSourceParts<Schema>,
): AddressSource => ({
  ...opening(parts),
  schemes: parts.schemes,
  isPublic: parts.isPublic ?? false,
});

/** Defines a source of files, by the ends of their names. */
export const fileSource = <Schema extends z.ZodObject = z.ZodObject<Record<never, never>>>(
  parts: FileSourceParts<Schema>,
): FileSource => ({ ...opening(parts), endings: parts.endings });

function opening<Schema extends z.ZodObject, Found>(parts: SourceParts<Schema, Found>): AnySource<Found> {
  const { name, title, takes, options: schema } = parts;
  return {
    name,
    title,
    takes,
    ownOptions: Object.keys(schema?.shape ?? {}),
    async open(ctx, request) {
      const options = schema ? ownOptions(title, schema, request.told.option) : undefined;
      // A source without a schema has no options: nothing is read of them.
      return await (await parts.load())(ctx, { ...request, options: options as z.output<Schema> });
    },
  };
}

/** @throws TRS_DATA_OPTION naming the option */
function ownOptions<Schema extends z.ZodObject>(
  title: string,
  schema: Schema,
  told: readonly string[] = [],
): z.output<Schema> {
  const known = Object.keys(schema.shape);
  const refuse = (option: string, reason: string) =>
    dataError('OPTION', {
      kind: 'invalid',
      message: `--option ${option}: ${reason}.`,
      hint: `Options of ${title}: ${known.map((key) => `${key}=…`).join(', ')}.`,
      details: { option },
    });
  const values: Record<string, string> = {};
  for (const text of told) {
    const at = text.indexOf('=');
    const key = at < 0 ? text : text.slice(0, at);
    if (!known.includes(key)) throw refuse(key, `${title} know no such option${didYouMean(key, known)}`);
    if (at < 0) throw refuse(key, 'it has no value');
    if (Object.hasOwn(values, key)) throw refuse(key, 'it comes twice');
    values[key] = text.slice(at + 1);
  }
  const parsed = schema.safeParse(values, { error: issueWords });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refuse(issue?.path.join('.') ?? '', issue?.message ?? 'it is not as it has to be');
}
