import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contribute, type Host, plugin } from '@trestle/kernel';
import { lineageToken } from '@trestle/store';
import { addressSource, fileSource, sources } from '@trestle/tables/sources';
import { sourceContract, type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { dataAdd, dataPlugin, dataQuery, dataShow } from '../index.ts';

const gauge = addressSource({
  name: 'gauge',
  title: 'tide gauges',
  schemes: ['gauge'],
  takes: [],
  options: z.strictObject({ days: z.coerce.number().int().min(1).default(2) }),
  load:
    async () =>
    async (_ctx, { address, options }) => ({
      kind: 'table',
      shown: new URL(address).hostname,
      revision: '7',
      columns: [
        { name: 'day', type: 'integer' },
        { name: 'metres', type: 'number' },
      ],
      rows: Array.from({ length: options.days }, (_, day) => [day, day / 4]),
    }),
});

const words = fileSource({
  name: 'words',
  title: 'lists of words',
  endings: ['.words'],
  takes: [],
  load:
    async () =>
    async (_ctx, { address }) => {
      const { readFile } = await import('node:fs/promises');
      const lines = (await readFile(address, 'utf8')).trim().split('\n');
      return { kind: 'rows', names: ['word', 'length'], rows: lines.map((word) => [word, word.length]) };
    },
});

const tides = plugin({
  name: 'tides',
  version: '1.0.0',
  contributions: [contribute(sources, gauge), contribute(sources, words)],
});

let project: TemporaryProject;
let host: Host;
beforeAll(async () => {
  project = await temporaryProject();
  host = await project.open([dataPlugin, tides]);
});
afterAll(() => project.remove());

const add = (path: string, more: object = {}, surface: 'cli' | 'http' = 'cli') =>
  host.run(dataAdd, { path, name: 'rows', ...more }, { surface });

describe('a source that a plugin adds', () => {
  it('is read by the scheme of its addresses, told its own options, and its state is in the lineage', async () => {
    const added = await add('gauge://dover?key=1', { option: ['days=3'] });
    expect(added).toMatchObject({ rows: 3, columns: [{ type: 'integer' }, { type: 'number' }] });
    expect((await host.run(dataShow, { name: 'rows' })).source).toBe('dover');
    const lineage = await host.service(lineageToken);
    const edges = await lineage.into(`dataset:rows@${added.version}`);
    expect(edges.map(({ from }) => from)).toContain('source:dover@7');
  });

  it('is read by the end of a name, alone and in a folder beside others', async () => {
    await writeFile(join(project.dir, 'a.words'), 'tide\nebb\n');
    await add('a.words');
    const { rows } = await host.run(dataQuery, { sql: 'SELECT * FROM rows' });
    expect(rows).toEqual([
      { word: 'tide', length: 4 },
      { word: 'ebb', length: 3 },
    ]);
    await writeFile(join(project.dir, 'b.csv'), 'word,length\nflood,5\n');
    expect(await add('[ab].*')).toMatchObject({ rows: 3 });
  });

  it.each([
    ['an option that it does not know', 'gauge://dover', { option: ['dayz=3'] }, /dayz.*Did you mean "days"/],
    ['an option without a value', 'gauge://dover', { option: ['days'] }, /days/],
    ['an option that is not as it has to be', 'gauge://dover', { option: ['days=none'] }, /days/],
    ['an option of other sources', 'gauge://dover', { query: 'SELECT 1' }, /--query.*tide gauges/],
    ['an option where there are none', 'a.words', { option: ['days=3'] }, /--option.*lists of words/],
  ])('refuses %s', async (_, path, more, message) => {
    await expect(add(path, more)).rejects.toMatchObject({
      code: 'TRS_DATA_OPTION',
      message: expect.stringMatching(message),
    });
  });

  it('is not reached by callers of a server without the consent of its owner', async () => {
    await expect(add('gauge://dover', {}, 'http')).rejects.toMatchObject({ code: 'TRS_DATA_SOURCE_REFUSED' });
  });

  it('is named among those that there are where an address is of none', async () => {
    await expect(add('gage://dover')).rejects.toMatchObject({
      code: 'TRS_DATA_FORMAT',
      hint: expect.stringContaining('gauge'),
    });
  });

  it('gets no password in an address', async () => {
    await expect(add('gauge://me:secret@dover')).rejects.toMatchObject({ code: 'TRS_KERNEL_INPUT_INVALID' });
  });

  it.each([
    [
      'a scheme',
      addressSource({
        name: 'other',
        title: 'others',
        schemes: ['gauge'],
        load: async () => async () => ({ kind: 'file', path: '' }),
      }),
    ],
    [
      'an ending of the engine',
      fileSource({
        name: 'other',
        title: 'others',
        endings: ['.csv'],
        load: async () => async () => ({ kind: 'rows', names: [], rows: [] }),
      }),
    ],
  ])('may not want what another reads: %s', async (_, other) => {
    const second = await temporaryProject();
    try {
      const twice = plugin({ name: 'twice', version: '1.0.0', contributions: [contribute(sources, other)] });
      const both = await second.open([dataPlugin, tides, twice]);
      await expect(
        both.run(dataAdd, { path: 'gauge://dover', name: 'x' }, { surface: 'cli' }),
      ).rejects.toMatchObject({
        code: 'TRS_DATA_SOURCE_TWICE',
        message: expect.stringContaining('"other"'),
      });
    } finally {
      await second.remove();
    }
  });
});

sourceContract(gauge, {
  asked: async () => ({ path: 'gauge://dover' }),
  missing: async () => ({ path: 'gauge://dover', option: ['days=0'] }),
  columns: ['day', 'metres'],
  rows: 2,
});
