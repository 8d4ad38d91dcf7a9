import type { openHost } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { type RawBuilder, sql } from 'kysely';

type Host = Awaited<ReturnType<typeof openHost>>;

/**
 * So many finished runs with a thousand different keys, as logging would have left them: of parameters and of metrics ten each, five of
 * which all have. Made by the database itself, of whole numbers that are scrambled, so that they are the same in each.
 */
export async function fillRuns(host: Host, runs: number): Promise<void> {
  const metadata = await host.service(metadataToken);
  const two = (number: string) => `substr(cast(100 + ${number} as text), 2, 2)`;
  const time = (k: string) =>
    `'2026-' || ${two(`${k} / 40320 + 1`)} || '-' || ${two(`${k} / 1440 % 28 + 1`)} || 'T' || ${two(`${k} / 60 % 24`)} || ':' || ${two(`${k} % 60`)} || ':00.000Z'`;
  const run = `'r-' || cast(100000000 + k as text) || '-7000-9c70-c1d7-47b5881c0000'`;
  const share = (salt: number) => `((k * 7919 + n * ${salt}) % 100003) / 100003.0`;
  // Numbers below five are of all runs; those of the others of one run are a hundred apart.
  const name = (salt: number) => `case when n < 5 then n else 5 + (n - 5) * 99 + (k * ${salt}) % 99 end`;
  const made = (text: string): RawBuilder<unknown> =>
    sql.raw(
      `${text.replace(
        'FROM',
        `from (
      with recursive ks(k) as (select 0 union all select k + 1 from ks where k < ${runs - 1}),
      ns(n) as (select 0 union all select n + 1 from ns where n < 9)
      select k, n from ks, ns) as of_runs`,
      )}`,
    );
  await metadata.write(async (db) => {
    for (const statement of [
      `insert into tracked_runs (run, kind, experiment, status, facts, by, started_at, finished_at)
        select ${run}, 'custom', 'team/' || cast(k % 20 as text), 'succeeded', '{}', 'local', ${time('k')}, ${time('(k + 1)')} FROM where n = 0`,
      `insert into run_params (run, name, value, number)
        select ${run}, 'param' || cast(${name(31)} as text), cast(${share(104_729)} as text), ${share(104_729)} FROM`,
      `insert into run_summaries (run, name, points, first_at, last_at, last_time, last, low, low_at, high, high_at)
        select ${run}, 'metric' || cast(${name(17)} as text), 100, 0, 99, ${time('k')}, ${share(15_485_863 % 99_991)}, ${share(15_485_863 % 99_991)} / 2, 50, ${share(15_485_863 % 99_991)} * 2, 1 FROM`,
    ])
      await made(statement).execute(db);
    // What a database does by itself after a while.
    await sql`analyze`.execute(db);
  });
}
