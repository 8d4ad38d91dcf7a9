import process from 'node:process';
import { DuckDBInstance } from '@duckdb/node-api';
import { plainValue } from '@trestle/tables';
import { identifier, literal } from '@trestle/tables/sql';
import type { QueryResult, ToQuery } from './query-messages.ts';
import { judgeQuery } from './query-policy.ts';

// A process of its own for each query: whatever a query does to it, killing it ends it.

/** What the process may take beyond the engine's own limit: Node, the engine's code, values that it does not count. */
const EXTRA_MIB = 384;
const WATCH_MS = 50;

let sql = '';
let [memoryMiB, threads] = [256, 1];

const say = (message: unknown): Promise<void> =>
  new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));

process.on('message', (message: ToQuery) => {
  const work = message.kind === 'judge' ? judge(message) : answer(message);
  work.catch(async (cause: unknown) => {
    const text = cause instanceof Error ? cause.message : String(cause);
    await say(/out of memory/i.test(text) ? { kind: 'memory' } : { kind: 'failed', message: text });
    process.exit();
  });
});
// The parent went away: nobody wants the answer.
process.on('disconnect', () => process.exit());

setInterval(() => {
  if (process.memoryUsage.rss() <= (memoryMiB + EXTRA_MIB) * 2 ** 20) return;
  process.send?.({ kind: 'memory' }, undefined, undefined, () => process.exit());
}, WATCH_MS);

async function judge(message: Extract<ToQuery, { kind: 'judge' }>): Promise<void> {
  ({ sql, memoryMiB, threads } = message);
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '128MiB' });
  const connection = await instance.connect();
  await connection.run(`SET enable_external_access = false; SET lock_configuration = true;`);
  const result = await connection.runAndReadAll(`SELECT json_serialize_sql(${literal(sql)})`);
  const verdict = judgeQuery(String(result.getRows()[0]?.[0]));
  connection.closeSync();
  instance.closeSync();
  await say(
    verdict.refusal ? { kind: 'refused', ...verdict.refusal } : { kind: 'tables', names: verdict.tables },
  );
}

async function answer(message: Extract<ToQuery, { kind: 'run' }>): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const files = message.tables.flatMap((table) => table.files);
  await connection.run(`
    SET threads = ${threads};
    SET memory_limit = '${memoryMiB}MiB';
    SET temp_directory = ${literal(message.spillDir)};
    SET autoinstall_known_extensions = false;
    SET autoload_known_extensions = false;
    SET allowed_paths = [${files.map(literal).join(', ')}];`);
  for (const table of message.tables) {
    await connection.run(
      `CREATE VIEW ${identifier(table.name)} AS SELECT * FROM read_parquet([${table.files.map(literal).join(', ')}], hive_partitioning = false)`,
    );
  }
  await connection.run('SET enable_external_access = false; SET lock_configuration = true;');
  await say({ kind: 'answered', ...(await read(connection, message.limit, message.maxBytes)) });
  process.exit();
}

type Connection = Awaited<ReturnType<DuckDBInstance['connect']>>;

/** The first rows; the rest is never computed where the query can be streamed. */
async function read(connection: Connection, limit: number, maxBytes: number): Promise<QueryResult> {
  const result = await connection.stream(sql);
  const names = result.deduplicatedColumnNames();
  const columns = names.map((name, index) => ({ name, type: result.columnType(index).toString() }));
  const rows: Record<string, unknown>[] = [];
  let bytes = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return { columns, rows, truncated: false };
    for (const values of chunk.getRows()) {
      if (rows.length === limit || bytes > maxBytes) return { columns, rows, truncated: true };
      const row = Object.fromEntries(names.map((name, index) => [name, plainValue(values[index] ?? null)]));
      bytes += JSON.stringify(row).length;
      rows.push(row);
    }
  }
}
