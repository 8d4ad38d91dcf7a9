import type { z } from 'zod';
import type { Resource } from '../access/principal.ts';
import type { Context } from './context.ts';
import type { View } from './view.ts';

/**
 * - `query` reads, and may be asked with GET;
 * - `command` changes something, at once;
 * - `job` is durable long work: it survives a crash, reports progress, can be cancelled.
 */
export type OperationKind = 'query' | 'command' | 'job';

export type Handler<I, O> = (ctx: Context, input: I) => Promise<O>;

// biome-ignore format: one line per member reads best
export interface OperationParts<Id extends string, I extends z.ZodObject, O extends z.ZodType> {
  /** `plugin.verb`, or one word: `trestle plugin verb`, `POST /api/v1/plugin/verb`, `client.plugin.verb(input)`. */
  readonly id: Id;
  /** One sentence, for `--help` and the API docs. */
  readonly summary: string;
  readonly kind: OperationKind;
  readonly input: I;
  readonly output: O;
  /** The permission that a caller needs, `area:action`. */
  readonly access: `${string}:${string}`;
  /** What the input touches: a caller needs the permission on each of it. Everything (`WORKSPACE`) when left out. */
  readonly resource?: (input: z.output<I>) => Resource | readonly Resource[];
  /** Input fields that the command line takes by position, in order. */
  readonly positionals?: readonly (keyof z.infer<I> & string)[];
  /** It may be the first thing done in a folder, and makes that a project; others are refused where there is none. */
  readonly beginsProject?: boolean;
  /** `false`: the log is first opened when it has succeeded, since it is what brings the log; a failure is not recorded. */
  readonly recordsFailures?: false;
  /** Command lines that show it at work, for `--help`: `trestle train --data strikes --target damaged`. */
  readonly examples?: readonly string[];
  /** Loads the handler when it is first needed, so that `--help` stays fast. */
  readonly load: () => Promise<Handler<z.output<I>, z.input<O>>>;
  /** How a person sees the result. Without it: the JSON, indented. */
  readonly present?: (output: z.output<O>) => readonly View[];
  /** `false` when the result is a check that said no: exit code 3. */
  readonly verdict?: (output: z.output<O>) => boolean;
  /** Of a query that is to be watched: on a terminal it is asked and drawn again so often, until it is interrupted. */
  readonly refreshMs?: number;
}

/** One thing that Trestle can do, reachable from every surface. */
export interface Operation<
  Id extends string = string,
  I extends z.ZodObject = z.ZodObject,
  O extends z.ZodType = z.ZodType,
> extends OperationParts<Id, I, O> {}

/**
 * An operation whose types are no longer known, as hosts and surfaces hold it. Its functions take `never`, so that
 * every operation fits; the host calls them through `erase`, after the schemas have checked the values.
 */
export interface AnyOperation {
  readonly id: string;
  readonly summary: string;
  readonly kind: OperationKind;
  readonly input: z.ZodObject;
  readonly output: z.ZodType;
  readonly access: string;
  readonly resource?: (input: never) => Resource | readonly Resource[];
  readonly positionals?: readonly string[];
  readonly beginsProject?: boolean;
  readonly recordsFailures?: false;
  readonly examples?: readonly string[];
  readonly load: () => Promise<(ctx: Context, input: never) => Promise<unknown>>;
  readonly present?: (output: never) => readonly View[];
  readonly verdict?: (output: never) => boolean;
  readonly refreshMs?: number;
}

/** Defines an operation. Pure data: nothing runs until a host calls it. */
export function operation<const Id extends string, I extends z.ZodObject, O extends z.ZodType>(
  parts: OperationParts<Id, I, O>,
): Operation<Id, I, O> {
  return parts;
}

/**
 * The handler of an operation, by its schemas: `HandlerOf<typeof schemas>` of what is spread into `operation({ …schemas })`.
 * Not of the operation itself where the handler is in a file of its own: its type would then need itself.
 */
export type HandlerOf<Schemas extends { readonly input: z.ZodType; readonly output: z.ZodType }> = Handler<
  z.output<Schemas['input']>,
  z.input<Schemas['output']>
>;

/** What a caller passes to an operation (defaults still open). */
export type InputOf<Op> = Op extends Operation<string, infer I, z.ZodType> ? z.input<I> : never;
/** What an operation gives back. */
export type OutputOf<Op> = Op extends Operation<string, z.ZodObject, infer O> ? z.output<O> : never;
