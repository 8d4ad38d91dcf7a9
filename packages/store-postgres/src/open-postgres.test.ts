import { defineEvent, type Host, journalToken, systemPrincipal } from '@trestle/kernel';
import { metadataToken, storeCheckToken } from '@trestle/store';
import type { TemporaryProject } from '@trestle/testing';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { onServer, postgresProject, TEST_URL, why } from './postgres-project.test.setup.ts';

const actor = { principal: systemPrincipal, requestId: 'r', operation: 'test' };
const thingMade = defineEvent('thing.made', z.object({}));

interface Tables {
  cursors: { subscriber: string; seq: number };
}

describe.skipIf(TEST_URL === undefined)(`a project on Postgres${why}`, () => {
  let project: TemporaryProject & { readonly schema: string };
  let host: Host;
  beforeEach(async () => {
    project = await postgresProject({ lockWaitMs: 400 });
    host = await project.open();
  });
  afterEach(() => project?.remove());
  const record = async () =>
    await (await host.service(metadataToken)).change(actor, ({ record }) => record(thingMade, 'thing:1', {}));
  /** Ends every connection of this project, as a restart of the server does. */
  const cut = () =>
    onServer(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'trestle ${project.schema}'`);

  it('says where it is, and what would lose changes', async () => {
    const { metadata } = await (await host.service(storeCheckToken)).check();
    expect(metadata).toMatchObject({
      engine: expect.stringMatching(/^PostgreSQL \d+/),
      location: expect.stringContaining(`schema ${project.schema}`),
      problems: [],
    });
    expect(metadata.bytes).toBeGreaterThan(0);
  });

  it('refuses to change the log, whoever asks', async () => {
    await record();
    for (const statement of ['UPDATE events SET actor = 1', 'DELETE FROM events', 'TRUNCATE events'])
      await expect(onServer(statement.replace('events', `"${project.schema}".events`))).rejects.toThrow(
        'append-only',
      );
  });

  it('keeps nothing of a change whose statement failed, though the change went on', async () => {
    const metadata = await host.service(metadataToken);
    const passedOver = metadata.write<Tables, void>(async (db) => {
      await db.insertInto('cursors').values({ subscriber: 'a', seq: 1 }).execute();
      await db
        .insertInto('cursors')
        .values({ subscriber: 'a', seq: 2 })
        .execute()
        .catch(() => {});
    });
    await expect(passedOver).rejects.toMatchObject({ code: 'TRS_STORE_ABORTED' });
    expect(await metadata.query<Tables>().selectFrom('cursors').selectAll().execute()).toEqual([]);
    await expect(record()).resolves.toMatchObject({ seq: 1 });
  });

  it('waits for a stranger that holds the log as long as it is told, and goes on behind them', async () => {
    const stranger = new pg.Client({ connectionString: TEST_URL });
    await record();
    await stranger.connect();
    await stranger.query(`BEGIN; LOCK TABLE "${project.schema}".log_head IN EXCLUSIVE MODE`);
    await expect(record()).rejects.toMatchObject({ code: 'TRS_STORE_LOCKED', kind: 'unavailable' });
    // Who only reads does not wait.
    expect(await (await host.service(journalToken)).read({})).toHaveLength(1);
    await stranger.query('ROLLBACK');
    await stranger.end();
    await expect(record()).resolves.toMatchObject({ seq: 2 });
  });

  it('goes on when every connection was cut, and hears of others again', async () => {
    const other = await (await project.open()).service(metadataToken);
    const metadata = await host.service(metadataToken);
    const journal = await host.service(journalToken);
    let told = 0;
    journal.watch(() => told++);
    await record();
    await expect.poll(() => metadata.changes()).toBe(1);
    const inFlight = metadata.change(actor, async (change) => {
      await change.record(thingMade, 'thing:1', {});
      await cut();
      await change.record(thingMade, 'thing:2', {});
    });
    await expect(inFlight).rejects.toMatchObject({ code: 'TRS_STORE_UNREACHABLE', kind: 'unavailable' });
    // An idle connection may show only when it is used that it was cut.
    await expect
      .poll(
        () =>
          record().then(
            ({ seq }) => seq,
            () => 0,
          ),
        { interval: 50 },
      )
      .toBe(2);
    const before = told;
    await expect
      .poll(
        () =>
          other
            .change(actor, ({ record }) => record(thingMade, 'thing:3', {}))
            .then(
              () => true,
              () => false,
            ),
        { interval: 50 },
      )
      .toBe(true);
    await expect.poll(() => metadata.changes(), { timeout: 5_000 }).toBe(3);
    expect(told).toBeGreaterThan(before);
    expect(await journal.verify()).toMatchObject({ ok: true, events: 3 });
  });

  it('lets queries with an empty list find nothing, as SQLite does', async () => {
    const db = (await host.service(metadataToken)).query<Tables>();
    expect(await db.selectFrom('cursors').selectAll().where('subscriber', 'in', []).execute()).toEqual([]);
  });

  it.each([
    ['nobody listens there', { url: 'postgres://ada:canary-7f3a9@127.0.0.1:1/ml' }, 'TRS_STORE_UNREACHABLE'],
    [
      'there is no such database',
      { url: String(TEST_URL).replace(/\/[^/]*$/, '/none-such') },
      'TRS_STORE_REFUSED',
    ],
    ['the address is none', { url: 'canary-7f3a9' }, 'TRS_STORE_ADDRESS'],
  ])('says so when %s, and no password', async (_, settings, code) => {
    const elsewhere = await postgresProject(settings);
    const error = await (await elsewhere.open()).service(metadataToken).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect(String(error)).not.toContain('canary');
    await elsewhere.remove();
  });
});
