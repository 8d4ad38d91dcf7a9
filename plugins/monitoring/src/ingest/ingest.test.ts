import { type Host, TrestleError } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { responseOf, type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pruneLog } from '../log/prune-log.ts';
import { newWorld, pluginsOf } from '../neighbours.test.setup.ts';
import { monitorStatus } from '../operations/status.ts';
import type { MonitoringTables } from '../tables.ts';

let project: TemporaryProject;
let host: Host;
beforeAll(async () => {
  project = await temporaryProject({
    config: {
      monitoring: {
        monitors: {
          loans: { task: 'binary', classes: ['no', 'yes'], features: ['income', 'region'] },
          prices: { task: 'regression' },
        },
      },
    },
  });
  host = await project.open(pluginsOf(newWorld()));
});
afterAll(() => project.remove());

async function post(path: string, deployment: string, body: string, headers: Record<string, string> = {}) {
  const declared = host.plugins
    .flatMap((each) => each.routes ?? [])
    .find((each) => each.path.startsWith(path));
  if (!declared) throw new Error('no route');
  const handle = await declared.load();
  const request = new Request(`http://localhost${path}/${deployment}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  const response = await responseOf(
    await handle(host.context({ id: 'log', access: declared.access }), request, { deployment }),
  );
  return await response.json();
}
const log = (predictions: readonly unknown[], deployment = 'loans') =>
  post('/v1/log', deployment, JSON.stringify({ predictions }));
const entry = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  time: '2026-03-01T12:00:00+01:00',
  features: { income: 3, region: 'north' },
  prediction: 0.75,
  ...more,
});
const kept = async (deployment: string) =>
  await (await host.service(metadataToken))
    .query<MonitoringTables>()
    .selectFrom('monitoring_predictions')
    .select(['id', 'time', 'inputs', 'outputs'])
    .where('deployment', '=', deployment)
    .orderBy('id')
    .execute();
const codeOf = async (work: Promise<unknown>): Promise<[string, string]> => {
  const thrown = await work.catch((error: unknown) => error);
  if (!(thrown instanceof TrestleError)) throw new Error('it was taken');
  return [thrown.code, thrown.message];
};

describe('predictions of a model that runs elsewhere', () => {
  it('are kept once, in one form, with times in UTC', async () => {
    const added = await log([entry('1'), entry('2', { prediction: { label: 'no' }, model_version: 'b' })]);
    expect(added).toEqual({ deployment: 'loans', rows: 2, added: 2, duplicates: 0, labelled: 0 });
    expect(await log([entry('2', { prediction: 0.1 }), entry('3')])).toMatchObject({
      added: 1,
      duplicates: 1,
    });
    const rows = await kept('loans');
    expect(rows[0]?.time).toBe('2026-03-01T11:00:00.000Z');
    expect(JSON.parse(rows[0]?.outputs ?? '')).toEqual([
      { label: 'yes', probabilities: { no: 0.25, yes: 0.75 } },
    ]);
    expect(JSON.parse(rows[1]?.outputs ?? '')).toEqual([{ label: 'no', model_version: 'b' }]);
    const { deployments } = await host.run(monitorStatus, { deployment: 'loans' });
    expect(deployments[0]?.traffic).toMatchObject({ requests: 3, rows: 3 });
  });

  it('do not get in the way of another model with the same ids', async () => {
    expect(await log([entry('1', { prediction: 0.5 })], 'prices')).toMatchObject({
      added: 1,
      duplicates: 0,
    });
  });

  it('come as lines, too, and the line that is wrong is named', async () => {
    const lines = [entry('l1'), entry('l2')].map((one) => JSON.stringify(one)).join('\n');
    const type = { 'content-type': 'application/x-ndjson' };
    expect(await post('/v1/log', 'loans', lines, type)).toMatchObject({ added: 2 });
    const [code, message] = await codeOf(post('/v1/log', 'loans', `${lines}\n{"id": "l3"`, type));
    expect(code).toBe('TRS_MONITOR_LOG_INVALID');
    expect(message).toContain('line 3');
  });

  it.each([
    ['a class that there is not', { prediction: 'perhaps' }, 'no class'],
    ['a probability above 1', { prediction: 1.5 }, 'no probability'],
    ['a time that is none', { time: 'yesterday' }, 'no time'],
    ['a time ahead of this clock', { time: '2999-01-01T00:00:00Z' }, 'lies ahead'],
    ['a field that nobody knows', { modelVersion: 2 }, 'modelVersion'],
    ['a feature that is a list', { features: { income: [1] } }, 'features'],
  ])('are refused as a whole with %s', async (_, more, word) => {
    const before = (await kept('loans')).length;
    const [, message] = await codeOf(log([entry('ok-1'), entry('bad-1', more)]));
    expect(message).toContain(word);
    expect((await kept('loans')).length).toBe(before);
  });

  it('are refused where none of their features is watched', async () => {
    expect(await codeOf(log([entry('u3'), entry('u4', { features: {} })]))).toEqual([
      'TRS_MONITOR_LOG_FEATURES',
      expect.stringContaining('u4'),
    ]);
    expect((await kept('loans')).filter(({ id }) => id.startsWith('u'))).toEqual([]);
    // Nothing says what the features of this one are.
    expect(await log([entry('free', { prediction: 1, features: { any: 1 } })], 'prices')).toMatchObject({
      added: 1,
    });
  });

  it('find labels that came before them', async () => {
    const labels = (all: readonly unknown[]) =>
      post('/v1/feedback', 'loans', JSON.stringify({ labels: all }));
    expect(await labels([{ id: 'late', label: 'no' }])).toMatchObject({
      matched: 0,
      early: 1,
      unmatched: [],
    });
    expect(await labels([{ id: 'late', label: 'yes' }])).toMatchObject({ early: 1 });
    expect(await codeOf(labels([{ id: 'late', label: 'Yes' }]))).toMatchObject([
      'TRS_MONITOR_LABEL_UNKNOWN',
      {},
    ]);
    expect(await log([entry('late')])).toMatchObject({ added: 1, labelled: 1 });
    const label = await (await host.service(metadataToken))
      .query<MonitoringTables>()
      .selectFrom('monitoring_labels')
      .select('label')
      .where('prediction', '=', 'late')
      .executeTakeFirst();
    expect(label).toEqual({ label: '"yes"' });
    expect(await labels([{ id: 'late', label: 'no' }])).toMatchObject({ matched: 1, changed: 1, early: 0 });
  });

  it('come as the two events that KServe sends of an inference, in either order', async () => {
    const event = (id: string, kind: string, data: unknown, time = '2026-03-01T11:00:00Z') =>
      post('/v1/log', 'loans', JSON.stringify(data), {
        'ce-id': id,
        'ce-type': `org.kubeflow.serving.inference.${kind}`,
        'ce-time': time,
      });
    const request = { instances: [[1, 'south'], { income: 2, region: 'north' }] };
    expect(await event('e1', 'request', request)).toMatchObject({ waiting: 1 });
    expect(await event('e1', 'response', { predictions: [[0.4, 0.6], 'no'] })).toMatchObject({
      rows: 2,
      waiting: 0,
    });
    const v2 = {
      inputs: [
        { name: 'income', shape: [1], data: [7] },
        { name: 'region', shape: [1], data: ['west'] },
      ],
    };
    expect(
      await event('e2', 'response', { outputs: [{ name: 'p', shape: [1, 2], data: [0.9, 0.1] }] }),
    ).toMatchObject({
      waiting: 1,
    });
    expect(await event('e2', 'request', v2)).toMatchObject({ rows: 1, waiting: 0 });
    const rows = (await kept('loans')).filter(({ id }) => id.startsWith('e'));
    expect(rows.map(({ inputs }) => JSON.parse(inputs))).toEqual([
      [
        { income: 1, region: 'south' },
        { income: 2, region: 'north' },
      ],
      [{ income: 7, region: 'west' }],
    ]);
    expect(JSON.parse(rows[1]?.outputs ?? '')).toEqual([
      { label: 'no', probabilities: { no: 0.9, yes: 0.1 } },
    ]);
    const [, message] = await codeOf(event('e3', 'explain', request));
    expect(message).toContain('explain');
    const [code, late] = await codeOf(event('e4', 'request', request, 'yesterday'));
    expect([code, late]).toEqual(['TRS_MONITOR_LOG_INVALID', expect.stringContaining('time')]);
    const [ahead] = await codeOf(event('e5', 'request', request, '2999-01-01T00:00:00Z'));
    expect(ahead).toBe('TRS_MONITOR_LOG_CLOCK');
  });

  it('wait for their other half, or for their predictions, as long as predictions are kept, and no longer', async () => {
    const metadata = await host.service(metadataToken);
    await post('/v1/log', 'loans', '{"instances": [[1, "south"]]}', {
      'ce-id': 'alone',
      'ce-type': 'org.kubeflow.serving.inference.request',
      'ce-time': '2026-03-01T11:00:00Z',
    });
    const waiting = async () =>
      await metadata
        .query<MonitoringTables>()
        .selectFrom('monitoring_halves')
        .select('id')
        .where('id', '=', 'alone')
        .execute();
    const limits = { keepMs: 86_400_000, maxRequests: 1_000_000 };
    await pruneLog(metadata, { ...limits, now: new Date('2026-03-01T12:00:00Z') });
    expect(await waiting()).toHaveLength(1);
    await pruneLog(metadata, { ...limits, now: new Date('2026-03-03T12:00:00Z') });
    expect(await waiting()).toEqual([]);
  });
});
