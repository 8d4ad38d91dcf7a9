import { type Host, type InputOf, isTrestleError } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  runColumns,
  runDelete,
  runFinish,
  runLog,
  runStart,
  runTable,
  runTag,
  trackingPlugin,
} from '../index.ts';
import type { TrackingTables } from '../tracking-tables.ts';
import { addMetrics, type MetricRow } from '../write-rows.ts';

const runs = [
  { experiment: 'a', param: ['depth=3', 'kind=plain'], loss: [0.9, 0.2, 0.5], stage: 'old' },
  { experiment: 'a/b', param: ['depth=10', 'kind=round'], loss: [0.8, 0.4], stage: 'new' },
  { experiment: 'a/b', param: ['depth=20', 'kind=plain', 'a<b=1'], loss: [0.1, NaN] },
  { experiment: 'ab', param: ['depth=none'], loss: [] },
];

describe('runs as a table', () => {
  let project: TemporaryProject;
  let host: Host;
  /** Their ids are long: they are told apart by their places. */
  const ids: string[] = [];
  beforeAll(async () => {
    project = await temporaryProject();
    host = await project.open([trackingPlugin]);
    for (const { experiment, param, loss, stage } of runs) {
      const { run } = await host.run(runStart, { experiment, param });
      ids.push(run);
      for (const value of loss)
        await host.run(runLog, { run, metric: [`loss=${value}`, `test/rocAuc=${value}`] });
      if (stage !== undefined) await host.run(runTag, { run, tag: `stage=${stage}` });
    }
    await host.run(runFinish, { run: ids[1] ?? '' });
    const { run } = await host.run(runStart, { experiment: 'a', param: ['depth=99'] });
    await host.run(runLog, { run, metric: ['loss=-1'] });
    await host.run(runFinish, { run });
    await host.run(runDelete, { run });
  });
  afterAll(() => project.remove());

  const places = async (input: InputOf<typeof runTable>) =>
    (await host.run(runTable, input)).rows.map(({ run }) => ids.indexOf(run));

  it('gives of each metric the last, the least and the greatest value, without those that are no numbers', async () => {
    const { rows, total } = await host.run(runTable, { sort: 'started', order: 'asc' });
    expect(total).toBe(4);
    expect(rows.map(({ metrics }) => metrics.loss)).toEqual([
      { last: 0.5, low: 0.2, high: 0.9, points: 3, lastStep: 2 },
      { last: 0.4, low: 0.4, high: 0.8, points: 2, lastStep: 1 },
      { last: null, special: 'NaN', low: 0.1, high: 0.1, points: 2, lastStep: 1 },
      undefined,
    ]);
    expect(rows[0]).toMatchObject({
      params: { depth: 3, kind: 'plain' },
      tags: { stage: 'old' },
      status: 'running',
    });
  });

  it.each([
    ['metric:loss', undefined, [1, 0, 3, 2]],
    ['metric:loss', 'desc', [0, 1, 3, 2]],
    ['min:loss', undefined, [2, 0, 1, 3]],
    ['max:loss', 'desc', [0, 1, 2, 3]],
    ['best:test/rocAuc', undefined, [0, 1, 2, 3]],
    ['param:depth', undefined, [0, 1, 2, 3]],
    ['param:depth', 'desc', [2, 1, 0, 3]],
    ['param:kind', undefined, [0, 2, 1, 3]],
    ['tag:stage', undefined, [1, 0, 3, 2]],
    ['started', undefined, [3, 2, 1, 0]],
    ['experiment', 'desc', [3, 2, 1, 0]],
  ] as const)('sorts by %s %s; who has it not stands behind', async (sort, order, expected) => {
    const whole = await places({ sort, order });
    expect(whole).toEqual(expected);
    // Page by page it is the same.
    const paged: number[] = [];
    for (let offset = 0; offset < 6; offset += 1)
      paged.push(...(await places({ sort, order, offset, limit: 1 })));
    expect(paged).toEqual(expected);
  });

  it.each([
    ['metric:loss<0.45', [1]],
    ['metric:loss=NaN', [2]],
    ['min:loss<=0.2', [0, 2]],
    ['param:depth>=10', [1, 2]],
    ['param:depth=10', [1]],
    ['param:depth=10.0', [1]],
    ['param:depth!=10', [0, 2, 3]],
    ['param:kind = plain', [0, 2]],
    ['param:kind~LAI', [0, 2]],
    ['param:"a<b"=1', [2]],
    ['tag:stage=new', [1]],
    ['tag:stage!=new', [0, 2, 3]],
    ['status=succeeded', [1]],
    ['status!=succeeded', [0, 2, 3]],
    ['experiment~/', [1, 2]],
    ["experiment~%' OR 1=1 --", []],
  ])('chooses by %s', async (where, expected) => {
    expect(await places({ where: [where], sort: 'started', order: 'asc' })).toEqual(expected);
  });

  it('takes an experiment with those nested in it, and not those that only begin like it', async () => {
    expect(await places({ experiment: 'a', order: 'asc' })).toEqual([0, 1, 2]);
  });

  it.each([
    [{ where: ['metric:loss'] }, 'TRS_TRACKING_CONDITION'],
    [{ where: ['metric:loss<much'] }, 'TRS_TRACKING_CONDITION'],
    [{ where: ['param:depth<much'] }, 'TRS_TRACKING_CONDITION'],
    [{ where: ['status=done'] }, 'TRS_TRACKING_CONDITION'],
    [{ where: ['colour=red'] }, 'TRS_TRACKING_KEY'],
    [{ sort: 'loss' }, 'TRS_TRACKING_KEY'],
    [{ sort: 'best:loss' }, 'TRS_TRACKING_DIRECTION'],
  ])('refuses %j by name', async (input, code) => {
    const refused = await host.run(runTable, input).catch((thrown: unknown) => thrown);
    expect(isTrestleError(refused) && refused.code).toBe(code);
  });

  it('says which parameters, metrics and tags there are, and which differ', async () => {
    const { total, params, metrics, tags } = await host.run(runColumns, { experiment: 'a' });
    expect({ total, params, tags }).toEqual({
      total: 3,
      params: [
        { name: 'a<b', runs: 1, differs: true, low: 1, high: 1 },
        { name: 'depth', runs: 3, differs: true, low: 3, high: 20 },
        { name: 'kind', runs: 3, differs: true },
      ],
      tags: [{ name: 'stage', runs: 2, differs: true }],
    });
    expect(metrics).toContainEqual({
      ...{ name: 'test/rocAuc', runs: 3, differs: true, low: 0.4, high: 0.5, points: 3, better: 'higher' },
    });
    const one = await host.run(runColumns, { runs: [ids[0] ?? ''] });
    expect(one.params.map(({ differs }) => differs)).toEqual([false, false]);
  });

  it('keeps what the points come to, whatever their order and however they are cut into messages', async () => {
    const metadata = await host.service(metadataToken);
    const point = fc.record({
      at: fc.integer({ min: 0, max: 20 }),
      value: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(Number.NaN)),
    });
    let made = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(point, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 }),
        async (messages) => {
          made += 1;
          const run = `r-made-${made}`;
          const time = '2026-01-01T00:00:00.000Z';
          const all: readonly (readonly MetricRow[])[] = messages.map((points) =>
            points.map((one) => ({ name: 'loss', time, ...one })),
          );
          const kept = await metadata.write<TrackingTables, unknown>(async (db) => {
            for (const rows of all) await addMetrics(db, run, rows);
            return await db.selectFrom('run_summaries').selectAll().where('run', '=', run).executeTakeFirst();
          });
          const flat = all.flat();
          const finite = flat.filter(({ value }) => Number.isFinite(value));
          const lastAt = Math.max(...flat.map(({ at }) => at));
          const last = flat.findLast(({ at }) => at === lastAt)?.value;
          expect(kept).toMatchObject({
            points: flat.length,
            last_at: lastAt,
            last: Number.isFinite(last) ? last : null,
            low: finite.length === 0 ? null : Math.min(...finite.map(({ value }) => value)),
            high: finite.length === 0 ? null : Math.max(...finite.map(({ value }) => value)),
          });
        },
      ),
      { numRuns: 60 },
    );
  });
});
