import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProject } from '../src/open-project.ts';

const monitor = { task: 'binary', classes: ['no', 'yes'], features: ['income', 'region'] };
const coded = { task: 'binary', classes: ['no', 'yes'], reference: 'known@1', target: 'paid' };
const line = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  time: '2026-03-01T12:00:00+01:00',
  features: { income: 3, region: 'north' },
  prediction: 0.75,
  ...more,
});

interface Kept {
  monitoring_predictions: { id: string; deployment: string; time: string; inputs: string; outputs: string };
}

describe('files of predictions that were made elsewhere', () => {
  let dir: string;
  let host: Host;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-ingest-'));
    const config = { monitoring: { monitors: { loans: monitor, prices: { task: 'regression' }, coded } } };
    await writeFile(join(dir, 'trestle.config.json'), JSON.stringify(config));
    host = await openProject(dir);
  });
  afterAll(async () => {
    await host.close();
    await rm(dir, { recursive: true, force: true });
  });
  const ingest = async (name: string, content: string, input: Record<string, unknown> = {}) => {
    const file = join(dir, name);
    await writeFile(file, content);
    return await host.runById('monitor.ingest', { deployment: 'loans', file, ...input }, { surface: 'cli' });
  };
  const lines = (all: readonly unknown[]): string => all.map((one) => JSON.stringify(one)).join('\n');
  const kept = async (prefix: string) => {
    const rows = await (await host.service(metadataToken))
      .query<Kept>()
      .selectFrom('monitoring_predictions')
      .select(['id', 'time', 'inputs', 'outputs'])
      .where('id', 'like', `${prefix}%`)
      .orderBy('id')
      .execute();
    return rows.map(({ time, inputs, outputs }) => [time, ...JSON.parse(inputs), ...JSON.parse(outputs)]);
  };
  const TIME = '2026-03-01T11:00:00.000Z';
  const YES = { label: 'yes', probabilities: { no: 0.25, yes: 0.75 } };

  it.each([
    ['csv', 'id,time,income,region,prediction\nC-1,2026-03-01T11:00:00Z,3,north,0.75\n'],
    ['jsonl', lines([{ id: 'C-1', time: TIME, income: 3, region: 'north', prediction: 0.75 }])],
    ['jsonl', lines([line('C-1')])],
  ])('are taken in as rows of %s, with features in columns or in one field', async (format, content) => {
    const own = content.replaceAll('C-1', `C-${format}-${content.length}`);
    expect(await ingest(`rows.${format}`, own)).toMatchObject({ rows: 1, added: 1 });
    expect(await kept(`C-${format}-${content.length}`)).toEqual([
      [TIME, { income: 3, region: 'north' }, YES],
    ]);
    expect(await ingest(`rows.${format}`, own)).toMatchObject({ added: 0, duplicates: 1 });
  });

  it('have what the route takes, in the form of the route', async () => {
    const probabilities = { no: 0.9, yes: 0.1 };
    const all = [
      { ...line('P-1', { prediction: { probabilities } }), latency_ms: 3, model_version: 'b' },
      line('P-2', { features: { income: null, region: 'south' } }),
    ];
    expect(await ingest('packed.jsonl', lines(all))).toMatchObject({ rows: 2, added: 2 });
    expect(await kept('P-')).toEqual([
      [TIME, { income: 3, region: 'north' }, { label: 'no', probabilities, model_version: 'b' }],
      [TIME, { income: null, region: 'south' }, YES],
    ]);
  });

  it.each([
    ['a field that nobody knows', 'odd.jsonl', lines([line('X-1', { tier: 'a' })]), 'INVALID', /row 1.*tier/],
    [
      'a feature that is a list',
      'list.jsonl',
      lines([line('X-1', { features: { income: [1] } })]),
      'INVALID',
      /row 1.*income/,
    ],
    [
      'no feature that is watched',
      'none.jsonl',
      lines([line('X-1', { features: { Income: 1 } })]),
      'FEATURES',
      /row 1.*Income/,
    ],
    ['no column that is watched', 'none.csv', 'id,prediction,Income\nX-1,0.5,3\n', 'FEATURES', /Income/],
    [
      'a time that is none',
      'time.csv',
      'id,prediction,income,time\nX-1,0.5,3,soon\n',
      'INVALID',
      /row 1.*soon/,
    ],
  ])('are refused with %s', async (_, name, content, code, words) => {
    await expect(ingest(name, content)).rejects.toMatchObject({
      code: `TRS_MONITOR_LOG_${code}`,
      message: expect.stringMatching(words),
    });
    expect(await kept('X-')).toEqual([]);
  });

  it('have the types of the reference, whatever a file looks like', async () => {
    await writeFile(join(dir, 'known.csv'), 'code,income,paid\nA1,3,yes\n7,4,no\n007,5,no\n');
    await host.runById('data.add', { path: join(dir, 'known.csv'), name: 'known' }, { surface: 'cli' });
    const content = 'id,prediction,code,income\nT-1,0.5,7,3\nT-2,0.5,8,4\n';
    await ingest('codes.csv', content, { deployment: 'coded' });
    expect((await kept('T-')).map(([, inputs]) => inputs)).toEqual([
      { code: '7', income: 3 },
      { code: '8', income: 4 },
    ]);
  });

  it('may have any features where nothing says which they are', async () => {
    expect(await ingest('free.csv', 'id,prediction,any\nF-1,2,3\n', { deployment: 'prices' })).toMatchObject({
      added: 1,
    });
  });
});
