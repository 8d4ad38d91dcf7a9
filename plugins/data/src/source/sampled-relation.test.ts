import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataAdd, dataPlugin, dataQuery } from '../index.ts';

let project: TemporaryProject;
let host: Host;
beforeEach(async () => {
  project = await temporaryProject();
  host = await project.open([dataPlugin]);
});
afterEach(() => project.remove());

/** Long enough that types come from a sample; the value in question is in the last row but one. */
const ROWS = 60_000;
const PADDING = 'x'.repeat(80);

async function add(usual: string, rare: string, options: { type?: string[] } = {}) {
  const values = Array.from({ length: ROWS }, (_, row) => (row === ROWS - 2 ? rare : usual));
  const lines = values.map((value, row) => `${row},${value},${PADDING}`);
  await writeFile(join(project.dir, 'long.csv'), ['id,value,padding', ...lines, ''].join('\n'));
  const added = await host.run(dataAdd, { path: 'long.csv', name: 'long', ...options }, { surface: 'cli' });
  const { rows } = await host.run(dataQuery, {
    sql: `SELECT value FROM long WHERE id = ${ROWS - 2}`,
  });
  return { rows: added.rows, type: added.columns[1]?.type, value: rows[0]?.value };
}

describe('a long text, of which the first rows tell the types', () => {
  it.each([
    ['1', '2', 'integer', 2],
    ['1', '', 'integer', null],
    ['1', '-20', 'integer', -20],
    ['1.5', '-0.25', 'number', -0.25],
    ['true', 'false', 'boolean', false],
    ['2020-01-01', '2021-02-03', 'timestamp', '2021-02-03T00:00:00Z'],
    ['one', '2', 'string', '2'],
  ])('after %s reads %j as %s', async (usual, rare, type, value) => {
    expect(await add(usual, rare)).toEqual({ rows: ROWS, type, value });
  });

  // The engine's own reading takes 1.5 for 2, 007 for 7 and 1 for true.
  it.each([
    ['1', '1.5', 'number', 1.5],
    ['1', '007', 'string', '007'],
    ['1', '+5', 'string', '+5'],
    ['1', '1_000', 'string', '1_000'],
    ['1', 'n/a', 'string', 'n/a'],
    ['1', '99999999999999999999', 'string', '99999999999999999999'],
    ['1.5', ' 2.5', 'string', ' 2.5'],
    ['1.5', '1e3', 'string', '1e3'],
    ['true', 'False', 'string', 'False'],
    ['true', '1', 'string', '1'],
    ['2020-01-01', '2020-01-01 10:00:00', 'timestamp', '2020-01-01T10:00:00Z'],
    ['', '5', 'integer', 5],
  ])('is read anew when after %j comes %j, as %s', async (usual, rare, type, value) => {
    expect(await add(usual, rare)).toEqual({ rows: ROWS, type, value });
  });

  it('locates a row that does not fit', async () => {
    await expect(add('1', '1,2')).rejects.toMatchObject({
      code: 'TRS_DATA_BAD_ROWS',
      details: { badRows: 1, rows: [{ line: ROWS }] },
    });
  });

  it('takes a type that was said', async () => {
    expect(await add('1', '007', { type: ['value=string'] })).toMatchObject({ type: 'string', value: '007' });
  });
});
