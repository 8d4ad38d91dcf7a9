import type { DatasetVersion } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { StepTables } from './step-tables.ts';

/** A column of an input that went into a column of the output. */
export interface ColumnEdge {
  readonly column: string;
  readonly input: string;
  readonly from: string;
}

const itemSchema = z.looseObject({
  type: z.string(),
  alias: z.string().default(''),
  column_names: z.array(z.string()).optional(),
});
const nodeSchema = z.looseObject({
  type: z.string().optional(),
  column_names: z.array(z.string()).optional(),
});
const tableSchema = z.looseObject({ type: z.string() });
const treeSchema = z.object({
  statements: z.tuple([
    z.object({
      node: z.looseObject({
        type: z.literal('SELECT_NODE'),
        select_list: z.array(itemSchema),
        from_table: z.unknown(),
        cte_map: z.object({ map: z.array(z.unknown()) }),
      }),
    }),
  ]),
});

/**
 * Which columns of its inputs each column of a query comes from, read from the engine's syntax tree (`json_serialize_sql`).
 * Only of one plain SELECT over tables and joins: undefined where subqueries, WITH or set operations stand between.
 */
export function columnEdges(
  tree: string,
  outputs: readonly string[],
  inputs: ReadonlyMap<string, DatasetVersion>,
): readonly ColumnEdge[] | undefined {
  const parsed = treeSchema.safeParse(JSON.parse(tree));
  if (!parsed.success) return undefined;
  const { select_list: items, from_table: from, cte_map: withs } = parsed.data.statements[0].node;
  const aliases = tablesOf(from);
  if (!aliases || withs.map.length > 0) return undefined;
  const sources = [...aliases].flatMap(([alias, input]) => {
    const version = inputs.get(input);
    return version ? [{ alias, input, names: version.columns.map((column) => column.name) }] : [];
  });
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  const resolve = (names: readonly string[]): readonly Omit<ColumnEdge, 'column'>[] => {
    const [table, name] = names.length > 1 ? names : [undefined, names[0]];
    return sources
      .filter((source) => table === undefined || same(source.alias, table))
      .flatMap(({ input, names: known }) =>
        known.filter((one) => same(one, name ?? '')).map((from) => ({ input, from })),
      );
  };
  const hasStar = items.some((item) => item.type === 'STAR');
  return outputs.flatMap((column) => {
    const item = items.find(({ alias, column_names: names }) => same(alias || (names?.at(-1) ?? ''), column));
    const found = item ? refsIn(item).flatMap(resolve) : hasStar ? resolve([column]) : [];
    const keys = new Set<string>();
    return found
      .filter(({ input, from }) => !keys.has(`${input}\u0000${from}`) && keys.add(`${input}\u0000${from}`))
      .map((edge) => ({ column, ...edge }));
  });
}

/** The tables of a FROM by the names that the query gives them; undefined when something else stands there. */
function tablesOf(from: unknown): ReadonlyMap<string, string> | undefined {
  const node = tableSchema.safeParse(from);
  if (!node.success) return undefined;
  const { type, alias, table_name: name, left, right } = node.data;
  if (type === 'BASE_TABLE' && typeof name === 'string')
    return new Map([[typeof alias === 'string' && alias !== '' ? alias : name, name]]);
  if (type !== 'JOIN') return undefined;
  const [a, b] = [tablesOf(left), tablesOf(right)];
  return a && b && new Map([...a, ...b]);
}

/** Every reference to a column below a node; none where a subquery is, whose columns are not known here. */
function refsIn(node: unknown): readonly (readonly string[])[] {
  if (Array.isArray(node)) return node.flatMap(refsIn);
  const item = nodeSchema.safeParse(node);
  if (!item.success) return [];
  if (item.data.type === 'COLUMN_REF' && item.data.column_names) return [item.data.column_names];
  return Object.values(item.data).flatMap((value) => (typeof value === 'object' ? refsIn(value) : []));
}

/** Keeps where the columns of a version come from, in the change that makes it. */
export async function keepColumnEdges(
  db: Kysely<StepTables>,
  version: DatasetVersion,
  edges: readonly ColumnEdge[],
  inputs: ReadonlyMap<string, DatasetVersion>,
): Promise<void> {
  const rows = edges.flatMap(({ column, input, from }) => {
    const source = inputs.get(input);
    return source
      ? [{ to_ref: refOf(version), to_column: column, from_ref: refOf(source), from_column: from }]
      : [];
  });
  await db.deleteFrom('dataset_column_edges').where('to_ref', '=', refOf(version)).execute();
  // A few hundred at once: databases limit the values of a statement.
  for (let at = 0; at < rows.length; at += 200)
    await db
      .insertInto('dataset_column_edges')
      .values(rows.slice(at, at + 200))
      .execute();
}

/** A version that holds what another held has its columns from where that had them. */
export async function repeatColumnEdges(
  db: Kysely<StepTables>,
  from: DatasetVersion,
  to: DatasetVersion,
): Promise<void> {
  await db
    .insertInto('dataset_column_edges')
    .columns(['to_ref', 'to_column', 'from_ref', 'from_column'])
    .expression((from_) =>
      from_
        .selectFrom('dataset_column_edges')
        .select((value) => [value.val(refOf(to)).as('to_ref'), 'to_column', 'from_ref', 'from_column'])
        .where('to_ref', '=', refOf(from)),
    )
    .execute();
}

const refOf = (version: DatasetVersion): string => `dataset:${version.dataset}@${version.version}`;

/** Where the columns of a version come from, as far as it is known. */
export async function readColumnEdges(scope: Scope, ref: string) {
  const metadata = await scope.service(metadataToken);
  return await metadata
    .query<StepTables>()
    .selectFrom('dataset_column_edges')
    .select(['to_column as column', 'from_ref as from', 'from_column as fromColumn'])
    .where('to_ref', '=', ref)
    .orderBy('to_column')
    .orderBy('from_ref')
    .orderBy('from_column')
    .execute();
}
