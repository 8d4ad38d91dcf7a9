import { isRecord } from '@trestle/kernel';
import { z } from 'zod';

/** What a query may not do, for the one who wrote it. */
export interface Refusal {
  readonly what: string;
  readonly hint: string;
}

export type Verdict =
  | { readonly tables: readonly string[]; readonly refusal?: undefined }
  | { readonly refusal: Refusal };

/** Table functions that make rows from their arguments alone. All others read files, settings or the engine itself. */
const TABLE_FUNCTIONS = new Set([
  'range',
  'generate_series',
  'unnest',
  'json_each',
  'json_tree',
  'repeat_row',
]);

/** Functions that tell of the machine, the settings or the session, that keep state, or that run SQL from a text. */
const FORBIDDEN_FUNCTION =
  /^(getenv|getvariable|current_setting|set_config|write_log|nextval|currval|current_query|sleep_ms|stats|json_serialize_.*|json_deserialize_sql|json_execute_.*|parse_duckdb_log_message|pg_.*|has_.*_privilege|inet_.*|duckdb_.*|pragma_.*|read_.*|col_description|obj_description|shobj_description|query|query_table|sql_auto_complete|set_bit_config|getblocksize|get_block_size|current_connection_id)$/i;

const documentSchema = z.union([
  z.object({ error: z.literal(true), error_type: z.string(), error_message: z.string() }),
  z.object({ error: z.literal(false), statements: z.array(z.unknown()) }),
]);

/**
 * Reads the engine's own syntax tree of a query (`json_serialize_sql`), and says which tables it names, or why it may not run.
 * The tree covers SELECT alone, so that every other kind of statement is refused by not having one.
 */
export function judgeQuery(tree: string): Verdict {
  const document = documentSchema.parse(JSON.parse(tree));
  if (document.error) {
    return document.error_type === 'not implemented'
      ? refuse(
          'a statement that does not only read',
          'Write one SELECT (WITH, FROM, VALUES, DESCRIBE and SUMMARIZE read too).',
        )
      : refuse(
          `SQL that cannot be read: ${document.error_message}`,
          'Names of versions stand in double quotes: FROM "strikes@2".',
        );
  }
  if (document.statements.length !== 1)
    return refuse(`${document.statements.length} statements`, 'Write exactly one SELECT.');
  const found: Found = { tables: new Set(), withNames: new Set() };
  const refusal = walk(document.statements[0], found);
  if (refusal) return { refusal };
  return { tables: [...found.tables].filter((name) => !found.withNames.has(name)) };
}

interface Found {
  readonly tables: Set<string>;
  readonly withNames: Set<string>;
}

const refuse = (what: string, hint: string): { refusal: Refusal } => ({ refusal: { what, hint } });

/** Looks at every node, whatever holds it. The tree is as deep as the engine's parser allows (a thousand levels). */
function walk(node: unknown, found: Found): Refusal | undefined {
  if (Array.isArray(node)) {
    for (const item of node) {
      const refusal = walk(item, found);
      if (refusal) return refusal;
    }
    return undefined;
  }
  if (!isRecord(node)) return undefined;
  const refusal = judgeNode(node, found);
  if (refusal) return refusal;
  for (const [key, value] of Object.entries(node)) {
    // A constant's value is data, whatever it looks like.
    if (node.type === 'VALUE_CONSTANT' && key === 'value') continue;
    // The function of a table function was judged with it; its arguments were not.
    const next =
      node.type === 'TABLE_FUNCTION' && key === 'function' && isRecord(value) ? value.children : value;
    const inside = walk(next, found);
    if (inside) return inside;
  }
  return undefined;
}

function judgeNode(node: Readonly<Record<string, unknown>>, found: Found): Refusal | undefined {
  if (Array.isArray(node.map))
    for (const entry of node.map)
      if (isRecord(entry) && typeof entry.key === 'string') found.withNames.add(entry.key);
  if (typeof node.cte_name === 'string' && node.cte_name !== '') found.withNames.add(node.cte_name);
  if (typeof node.ctename === 'string' && node.ctename !== '') found.withNames.add(node.ctename);
  switch (node.type) {
    case 'BASE_TABLE':
      return judgeTable(node, found);
    case 'SHOW_REF':
      return node.query ? undefined : { what: 'a look at the catalogue', hint: 'Use "trestle data list".' };
    case 'TABLE_FUNCTION': {
      const name = functionName(node.function);
      if (TABLE_FUNCTIONS.has(name)) return undefined;
      return {
        what: `the table function ${name}`,
        hint: `A query reads datasets by name, and ${[...TABLE_FUNCTIONS].join(', ')}.`,
      };
    }
    case 'FUNCTION':
    case 'WINDOW': {
      const name = functionName(node);
      if (!FORBIDDEN_FUNCTION.test(name)) return undefined;
      return { what: `the function ${name}`, hint: 'It reaches beyond the rows of datasets.' };
    }
    default:
      return undefined;
  }
}

function judgeTable(node: Readonly<Record<string, unknown>>, found: Found): Refusal | undefined {
  const name = String(node.table_name);
  if (node.catalog_name || node.schema_name) {
    return {
      what: `the table ${[node.catalog_name, node.schema_name, name].filter(Boolean).join('.')}`,
      hint: 'Datasets have plain names; one with dots stands in double quotes.',
    };
  }
  if (node.at_clause) return { what: 'AT (…)', hint: `Name the version instead: FROM "${name}@2".` };
  found.tables.add(name);
  return undefined;
}

const functionName = (node: unknown): string =>
  isRecord(node) && typeof node.function_name === 'string' ? node.function_name.toLowerCase() : '';
