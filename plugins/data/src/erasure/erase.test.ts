import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { datasetsToken } from '@trestle/contracts';
import { type Host, journalToken, systemPrincipal } from '@trestle/kernel';
import { blobsToken, canonicalJson, metadataToken, storeCheckToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DataTables } from '../data-tables.ts';
import {
  dataAdd,
  dataErase,
  dataGc,
  dataPlugin,
  dataProfile,
  dataQuery,
  dataShow,
  dataValidate,
} from '../index.ts';

const SUBJECT = 'wilhelmine.unverwechselbar@example.org';
const rowOf = (id: number, email: string, note = '') => `${id},${email},${note}`;
const FIRST = [rowOf(1, 'a@example.org'), rowOf(2, SUBJECT), rowOf(3, 'b@example.org', 'x')];
const SECOND = [rowOf(4, SUBJECT, 'y'), rowOf(5, 'c@example.org')];

describe('an erasure', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin]);
    await add(FIRST);
    await add(SECOND, { append: true });
  });
  afterEach(() => project.remove());

  const add = async (rows: readonly string[], options = {}) => {
    await writeFile(join(project.dir, 'source.csv'), `id,email,note\n${rows.join('\n')}\n`);
    const input = { path: 'source.csv', name: 'people', ...options };
    return await host.run(dataAdd, input, { surface: 'cli' });
  };
  const erase = (values: readonly string[] = [SUBJECT], name = 'people') =>
    host.run(dataErase, { name, column: 'email', values: [...values] });
  const ids = async (reference: string): Promise<unknown[]> =>
    (await host.run(dataQuery, { sql: `SELECT id FROM "${reference}"` })).rows.map((row) => row.id);
  const digests = async (): Promise<readonly string[]> => {
    const names = await readdir(join(project.dir, '.trestle', 'blobs'), { recursive: true });
    return names.filter((name) => /^..\/.{62}$/.test(name));
  };
  const everythingStored = async (): Promise<readonly Buffer[]> => {
    const names = await readdir(join(project.dir, '.trestle'), { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile());
    return await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name))));
  };

  it('takes the rows out of every version, and keeps the others in their order', async () => {
    expect(await erase()).toMatchObject({
      rows: 3,
      versions: [
        { dataset: 'people', version: 2, rows: 2 },
        { dataset: 'people', version: 1, rows: 1 },
      ],
    });
    expect(await ids('people@1')).toEqual([1, 3]);
    expect(await ids('people@2')).toEqual([1, 3, 5]);
    expect((await host.run(dataShow, { name: 'people@2' })).columns).toMatchObject([
      { name: 'id', nulls: 0 },
      { name: 'email', nulls: 0 },
      { name: 'note', nulls: 2 },
    ]);
  });

  it.each([
    ['name', "it's 1"],
    ['number', '1.5'],
    ['day', '2024-01-02'],
  ])('takes rows with a thousand columns out by their %s', async (column, value) => {
    const names = Array.from({ length: 1_000 }, (_, n) => `c${n}`);
    const lines = [1, 2, 3].map((n) =>
      [
        `it's ${n}`,
        n + 0.5,
        `2024-01-0${n + 1}`,
        ...names.map((_, at) => (at === 7 && n === 1 ? '' : n)),
      ].join(','),
    );
    await writeFile(
      join(project.dir, 'wide.csv'),
      `name,number,day,${names.join(',')}\n${lines.join('\n')}\n`,
    );
    await host.run(dataAdd, { path: 'wide.csv', name: 'wide' }, { surface: 'cli' });
    const input = { name: 'wide', column, values: [value, 'nobody'] };
    expect(await host.run(dataErase, input)).toMatchObject({ rows: 1 });
    const { rows, columns } = await host.run(dataShow, { name: 'wide' });
    expect([rows, columns.find(({ name }) => name === 'c7')?.nulls]).toEqual([2, 0]);
    const left = await host.run(dataQuery, { sql: 'SELECT c0 FROM wide' });
    expect(left.rows.map((row) => row.c0)).toEqual([2, 3]);
  });

  it('leaves no trace of the value in any file of the store', async () => {
    await host.run(dataProfile, { name: 'people@1' });
    await host.run(dataProfile, { name: 'people@2' });
    const before = await digests();
    const sketches = (await host.service(metadataToken)).query<DataTables>().selectFrom('dataset_sketches');
    const kept = await sketches.select('sketch').execute();
    await erase();
    // What is compressed would not show: the blobs themselves must be others, and no piece of a sketch be left.
    const pieces = kept.flatMap(({ sketch }) => sketch.match(/.{40}/g) ?? []).filter((_, at) => at % 7 === 3);
    expect(pieces.length).toBeGreaterThan(kept.length);
    expect(kept).toHaveLength(2);
    expect(before).toHaveLength(4);
    const after = new Set(await digests());
    for (const digest of before) expect(after).not.toContain(digest);
    await host.close();
    for (const bytes of await everythingStored())
      for (const gone of [SUBJECT, ...pieces]) expect(bytes.includes(gone)).toBe(false);
    host = await project.open([dataPlugin]);
    const { columns } = await host.run(dataProfile, { name: 'people@1' });
    expect(columns.find((column) => column.name === 'email')?.top.map((top) => top.value)).not.toContain(
      SUBJECT,
    );
    expect((await (await host.service(storeCheckToken)).check({ deep: true })).blobs.problems).toEqual([]);
    expect(await (await host.service(journalToken)).verify()).toMatchObject({ ok: true });
  });

  it('is told by the version, and recorded with who, how many and a commitment to what was asked', async () => {
    const { commitment, salt, erasure } = await erase([SUBJECT, 'nobody@example.org']);
    expect(await host.run(dataShow, { name: 'people@1' })).toMatchObject({
      version: 1,
      rows: 2,
      erasures: [{ erasure, rows: 1 }],
    });
    const [event] = await (await host.service(journalToken)).read({ types: ['dataset.erased'] });
    expect(event?.actor).toBe(systemPrincipal.id);
    expect(event?.payload).toMatchObject({ id: erasure, rows: 3, commitment });
    const asked = canonicalJson({ column: 'email', values: ['nobody@example.org', SUBJECT] });
    expect(createHash('sha256').update(`${salt}\n${asked}`).digest('hex')).toBe(commitment);
    expect(JSON.stringify(event)).not.toContain(salt);
  });

  it('reaches datasets that were made of it, and names what it cannot reach', async () => {
    await writeFile(
      join(project.dir, 'suite.json'),
      JSON.stringify({ expectations: [{ type: 'column.inSet', column: 'id', values: [1] }] }),
    );
    await host.run(
      dataValidate,
      { name: 'people', suite: 'suite.json', quarantine: 'odd' },
      { surface: 'cli' },
    );
    const actor = { principal: systemPrincipal, requestId: 'r', operation: 'test' };
    await (await host.service(metadataToken)).change(actor, ({ link }) =>
      link({ from: 'dataset:people@2', to: 'run:r-1', kind: 'trained' }),
    );
    expect(await erase()).toMatchObject({ rows: 5, beyond: ['run:r-1'] });
    expect(await ids('odd')).toEqual([3, 5]);
  });

  it('names another dataset that holds the same rows, and leaves it whole', async () => {
    await add(FIRST, { name: 'copy' });
    expect(await erase()).toMatchObject({ beyond: ['dataset:copy@1'] });
    expect(await ids('copy')).toEqual([1, 2, 3]);
    await add(SECOND, { name: 'copy', append: true });
    await erase([SUBJECT], 'copy');
    await host.close();
    for (const bytes of await everythingStored()) expect(bytes.includes(SUBJECT)).toBe(false);
  });

  it('may leave a version without rows, which can be read and appended to', async () => {
    expect(await erase([SUBJECT, 'a@example.org', 'b@example.org'])).toMatchObject({ rows: 7 });
    expect(await ids('people@1')).toEqual([]);
    const datasets = await host.service(datasetsToken);
    for await (const batch of datasets.read('people@1')) expect(batch.rows).toBe(0);
    expect(await host.run(dataShow, { name: 'people@1' })).toMatchObject({ rows: 0 });
    expect(await add([rowOf(9, 'z@example.org')], { append: true })).toMatchObject({ rows: 2 });
  });

  it('reads values from a file, and compares numbers as numbers', async () => {
    await writeFile(join(project.dir, 'ids.txt'), '1\r\n05\nnot a number\n');
    const input = { name: 'people', column: 'id', valuesFile: 'ids.txt' };
    expect(await host.run(dataErase, input, { surface: 'cli' })).toMatchObject({ rows: 3 });
    expect(await ids('people')).toEqual([2, 3, 4]);
  });

  it('of what is nowhere changes nothing, and is recorded too', async () => {
    const before = await host.run(dataShow, { name: 'people' });
    expect(await erase(['nobody@example.org'])).toMatchObject({ rows: 0, versions: [], beyond: [] });
    expect(await host.run(dataShow, { name: 'people' })).toEqual(before);
    expect(await (await host.service(journalToken)).read({ types: ['dataset.erased'] })).toHaveLength(1);
  });

  it('that was cut off before the old parts went is finished by the next collection', async () => {
    const blobs = await host.service(blobsToken);
    const { remove } = blobs;
    Object.assign(blobs, { remove: () => Promise.reject(new Error('the power went')) });
    await expect(erase()).rejects.toThrow('the power went');
    Object.assign(blobs, { remove });
    expect(await ids('people')).toEqual([1, 3, 5]);
    expect(await host.run(dataGc, {})).toMatchObject({ blobs: 4 });
    await host.close();
    for (const bytes of await everythingStored()) expect(bytes.includes(SUBJECT)).toBe(false);
  });

  it.each([
    [{ name: 'people', column: 'mail', values: ['x'] }, 'TRS_DATA_UNKNOWN_COLUMN'],
    [{ name: 'people', column: 'email' }, 'TRS_DATA_NO_VALUES'],
    [{ name: 'people@1', column: 'email', values: ['x'] }, 'TRS_KERNEL_INPUT_INVALID'],
    [{ name: 'folk', column: 'email', values: ['x'] }, 'TRS_DATA_UNKNOWN_DATASET'],
  ])('refuses %j', async (input, code) => {
    await expect(host.run(dataErase, input)).rejects.toMatchObject({ code });
  });
});
