import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deploymentsToken, lineageSources, predictionLogToken } from '@trestle/contracts';
import { type Host, journalToken, problemOf, toTrestleError } from '@trestle/kernel';
import { writeModel } from '@trestle/onnx';
import { dataPlugin } from '@trestle/plugin-data';
import { monitorCheck, monitoringPlugin, monitorStatus } from '@trestle/plugin-monitoring';
import { modelPromote, modelRegister, modelRollback, registryPlugin } from '@trestle/plugin-registry';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { lineageToken } from '@trestle/store';
import { responseOf, type TemporaryProject, temporaryProject, tinyModel } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  deploymentList,
  deploymentRollback,
  deploymentShow,
  deployOperation,
  predictOperation,
  servingPlugin,
} from './index.ts';

const PLUGINS = [dataPlugin, registryPlugin, servingPlugin, monitoringPlugin, trackingPlugin];

describe('the serving plugin', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
    host = await project.open(PLUGINS);
    for (const slope of [1, 2, 3]) await register(tinyModel(slope));
    await promote(1);
  });
  afterEach(async () => {
    await project.remove();
  });
  const register = async (bytes: Uint8Array, name = 'strikes') => {
    await writeFile(join(project.dir, 'model.onnx'), bytes);
    return await host.run(modelRegister, { file: 'model.onnx', name }, { surface: 'cli' });
  };
  const promote = (version: number) =>
    host.run(modelPromote, { name: 'strikes', version, alias: 'champion' });
  /** Calls a route as the server does. */
  const call = async (
    method: string,
    path: string,
    params: Record<string, string>,
    body?: unknown,
    on = host,
  ): Promise<Record<string, unknown>> => {
    const route = servingPlugin.routes.find((one) => one.method === method && one.path === path);
    if (!route) throw new RangeError(`no route ${method} ${path}`);
    const handler = await route.load();
    const context = on.context({ id: `${method} ${path}`, access: route.access }, { surface: 'http' });
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const request = new Request('http://localhost/', {
      method,
      ...(body === undefined ? {} : { body: text }),
    });
    try {
      return (await responseOf(await handler(context, request, params)).json()) as Record<string, unknown>;
    } catch (thrown) {
      // What the server makes of it, in the form that the plugin says.
      const form = servingPlugin.problemForms.find(({ under }) => path.startsWith(under));
      if (!form) throw thrown;
      return form.body(problemOf(toTrestleError(thrown)));
    }
  };
  const predict = (rows: unknown, on = host) =>
    call('POST', '/v1/predict/:deployment', { deployment: 'strikes' }, { rows }, on);

  describe('a deployment', () => {
    it('serves what an alias points at, and follows it when it moves', async () => {
      expect(await host.run(deployOperation, { model: 'strikes@champion' })).toMatchObject({
        deployment: 'strikes',
        revision: 1,
        model: { version: 1 },
        follows: 'champion',
        traffic: [{ version: 1, percent: 100 }],
      });
      await promote(2);
      const deployments = await host.service(deploymentsToken);
      expect(await deployments.get('strikes')).toMatchObject({ revision: 2, model: { version: 2 } });
      await host.run(modelRollback, { name: 'strikes', alias: 'champion' });
      expect(await deployments.get('strikes')).toMatchObject({ revision: 3, model: { version: 1 } });
      const events = await (await host.service(journalToken)).read({ types: ['deployment.followed'] });
      expect(events.map((event) => event.subject)).toEqual(['deployment:strikes@2', 'deployment:strikes@3']);
      expect(await (await host.service(lineageToken)).into('deployment:strikes@2')).toMatchObject([
        { from: 'model:strikes@2', kind: 'deployed' },
      ]);
    });

    it('makes one revision of a moved alias, however many look at once', async () => {
      await host.run(deployOperation, { model: 'strikes@champion' });
      const other = await project.open(PLUGINS);
      await promote(2);
      const looks = [host, other, host, other].map(async (one) =>
        (await one.service(deploymentsToken)).get('strikes'),
      );
      expect((await Promise.all(looks)).map((one) => one.revision)).toEqual([2, 2, 2, 2]);
    });

    it('stays on a version that was named', async () => {
      await host.run(deployOperation, { model: 'strikes@1', name: 'pinned' });
      await promote(2);
      expect(await (await host.service(deploymentsToken)).get('pinned')).toMatchObject({
        model: { version: 1 },
      });
    });

    it('rolls back step by step, and then stays there', async () => {
      await host.run(deployOperation, { model: 'strikes@champion' });
      await promote(2);
      await host.run(deploymentShow, { deployment: 'strikes' });
      await promote(3);
      expect(await host.run(deploymentRollback, { deployment: 'strikes' })).toMatchObject({
        model: { version: 2 },
      });
      const back = await host.run(deploymentRollback, { deployment: 'strikes' });
      expect(back).toMatchObject({ model: { version: 1 } });
      expect(back.follows).toBeUndefined();
      await promote(2);
      expect((await host.run(deploymentList, {})).deployments).toMatchObject([{ model: { version: 1 } }]);
      await expect(host.run(deploymentRollback, { deployment: 'strikes' })).rejects.toMatchObject({
        code: 'TRS_SERVING_NOTHING_TO_ROLL_BACK',
      });
    });

    it('is the same revision when nothing changes', async () => {
      await host.run(deployOperation, { model: 'strikes@1' });
      expect((await host.run(deployOperation, { model: 'strikes@1' })).revision).toBe(1);
    });

    it.each([
      [
        'a strategy that there is not',
        { model: 'strikes@1', strategy: 'cannary' },
        'TRS_SERVING_STRATEGY_UNKNOWN',
      ],
      [
        'an option that a strategy has not',
        { model: 'strikes@1', options: { steps: [1] } },
        'TRS_SERVING_STRATEGY_OPTION',
      ],
      ['an unknown model', { model: 'strike@1' }, 'TRS_REGISTRY_UNKNOWN_MODEL'],
      ['what is no reference', { model: '../x' }, 'TRS_REFERENCE_INVALID'],
    ])('refuses %s', async (_, input, code) => {
      await expect(host.run(deployOperation, input)).rejects.toMatchObject({ code });
    });
  });

  describe('POST /v1/predict', () => {
    beforeEach(async () => {
      await host.run(deployOperation, { model: 'strikes@champion' });
    });

    it('answers each row, names the model, and logs what it said', async () => {
      const answer = await predict([{ x: 0 }, { x: 10 }]);
      expect(answer).toMatchObject({
        id: expect.stringMatching(/^p-[0-9a-f]{24}$/),
        model: { name: 'strikes', version: 1 },
        predictions: [{ probability: 0.5 }, { label: 'yes' }],
      });
      await (await host.service(predictionLogToken)).flush();
      const [source] = host.extensions(lineageSources);
      const edges = await source?.load().then((edgesInto) => edgesInto(host, `prediction:${answer.id}`));
      expect(edges).toMatchObject([{ from: 'deployment:strikes@1' }, { from: 'model:strikes@1' }]);
    });

    it('marks each row of which a feature was missing that never was in training, and they are counted', async () => {
      await register(tinyModel(1, { isImputed: true }));
      await promote(4);
      const answer = await predict([{ x: 1 }, {}, { x: null }]);
      const [first, ...others] = (answer.predictions ?? []) as readonly object[];
      expect(first).not.toHaveProperty('imputed');
      expect(others).toMatchObject([
        { probability: 0.5, imputed: ['x'] },
        { probability: 0.5, imputed: ['x'] },
      ]);
      const { deployments } = await host.run(monitorStatus, {});
      expect(deployments[0]?.traffic).toMatchObject({ rows: 3, imputedRows: 2 });
    });

    it('answers with the new model as soon as the alias has moved, here and in another process', async () => {
      const other = await project.open(PLUGINS);
      await predict([{ x: 1 }], other);
      await promote(2);
      await expect.poll(async () => (await predict([{ x: 1 }], other)).model).toMatchObject({ version: 2 });
      await expect.poll(async () => (await predict([{ x: 1 }])).model).toMatchObject({ version: 2 });
    });

    it('answers with the other model next when the alias moves in the same process', async () => {
      const served: unknown[] = [];
      for (const version of [1, 2, 1, 3]) {
        await promote(version);
        served.push((await predict([{ x: 1 }])).model);
      }
      await host.run(modelRollback, { name: 'strikes', alias: 'champion' });
      served.push((await predict([{ x: 1 }])).model);
      expect(served).toMatchObject([1, 2, 1, 3, 1].map((version) => ({ version })));
    });

    it('loses no request while models are swapped under load', async () => {
      const answers: Promise<Record<string, unknown>>[] = [];
      for (let round = 0; round < 20; round++) {
        for (let i = 0; i < 5; i++) answers.push(predict([{ x: i }]));
        await promote(1 + (round % 3));
        await Promise.all(answers.slice(-5));
      }
      expect(await Promise.all(answers)).toHaveLength(100);
    });

    it('says of which columns the model reads another number, once each', async () => {
      const rows = [{ x: 1 }, { x: 2 ** 53 }, { x: 2 ** 24 + 1 }];
      expect(await predict(rows)).toMatchObject({
        notes: [expect.stringMatching(/^"x": 2 values .* float64 .* 9007199254740992 in row 1/)],
      });
      expect(await predict([{ x: 1 }])).not.toHaveProperty('notes');
    });

    it.each([
      [
        'a wrong type',
        [{ x: 1 }, { x: 'fast' }],
        { code: 'TRS_MODEL_ROW_INVALID', kind: 'invalid', details: { row: 1, field: 'x' } },
      ],
      ['a missing feature', [{}], { code: 'TRS_MODEL_ROW_INVALID', details: { row: 0, field: 'x' } }],
      [
        'an unknown feature',
        [{ x: 1, y: 2 }],
        { code: 'TRS_MODEL_ROW_INVALID', details: { row: 0, field: 'y' } },
      ],
      ['no rows', [], { code: 'TRS_SERVING_BODY_INVALID' }],
      ['rows that are none', 'all of them', { code: 'TRS_SERVING_BODY_INVALID' }],
    ])('refuses %s, naming it', async (_, rows, expected) => {
      await expect(predict(rows)).rejects.toMatchObject(expected);
    });

    it('refuses what is no JSON, and an unknown deployment', async () => {
      const path = '/v1/predict/:deployment';
      await expect(call('POST', path, { deployment: 'strikes' }, '{')).rejects.toMatchObject({
        code: 'TRS_SERVING_BODY_NOT_JSON',
      });
      await expect(call('POST', path, { deployment: 'nobody' }, { rows: [{ x: 1 }] })).rejects.toMatchObject({
        code: 'TRS_SERVING_UNKNOWN_DEPLOYMENT',
        kind: 'not-found',
      });
    });

    it('refuses at once what does not fit in the queue, and answers the rest', async () => {
      const small = await project.open(PLUGINS, {
        env: {
          TRESTLE_SERVING__WORKERS: '1',
          TRESTLE_SERVING__MAX_QUEUE: '4',
          TRESTLE_STORE__RESERVE_BYTES: '0',
        },
      });
      const rows = Array.from({ length: 2_000 }, (_, x) => ({ x }));
      const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => predict(rows, small)));
      const refused = outcomes.filter((one) => one.status === 'rejected');
      expect(outcomes.length - refused.length).toBeGreaterThanOrEqual(5);
      expect(refused.length).toBeGreaterThan(0);
      for (const one of refused)
        expect(one.reason).toMatchObject({
          code: 'TRS_SERVING_OVERLOADED',
          kind: 'overloaded',
          retryAfterS: 1,
        });
      // Who monitors the deployment is told: it was not the callers' fault.
      const { fired } = await small.run(monitorCheck, { deployment: 'strikes' });
      expect(fired.find(({ kind }) => kind === 'serving')?.summary).toMatch(
        /^\d+ of \d+ requests .* were not answered \(TRS_SERVING_OVERLOADED \d+\)\.$/,
      );
    });

    it('gives up on what takes too long, and goes on with another worker', async () => {
      const hasty = await project.open(PLUGINS, {
        env: {
          TRESTLE_SERVING__WORKERS: '1',
          TRESTLE_SERVING__TIMEOUT_MS: '400',
          TRESTLE_SERVING__MAX_ROWS: '1000000',
        },
      });
      const many = Array.from({ length: 1_000_000 }, (_, x) => ({ x }));
      await expect(predict(many, hasty)).rejects.toMatchObject({
        code: 'TRS_SERVING_TIMEOUT',
        kind: 'unavailable',
      });
      await expect
        .poll(async () => (await predict([{ x: 1 }], hasty).catch(() => ({ id: '' }))).id, {
          timeout: 10_000,
        })
        .toMatch(/^p-/);
    });

    it('refuses more rows than allowed', async () => {
      const rows = Array.from({ length: 10_001 }, () => ({ x: 1 }));
      await expect(predict(rows)).rejects.toMatchObject({
        code: 'TRS_SERVING_TOO_MANY_ROWS',
        kind: 'too-large',
      });
    });
  });

  describe('the Open Inference Protocol', () => {
    const MODEL = '/v2/models/:model';
    const VERSION = '/v2/models/:model/versions/:version';
    const number = (more: object = {}) => ({ name: 'x', datatype: 'FP32', shape: [1], data: [1], ...more });

    it('describes and runs a model by its features', async () => {
      await host.run(deployOperation, { model: 'strikes@champion' });
      expect(await call('GET', MODEL, { model: 'strikes' })).toEqual({
        name: 'strikes',
        versions: ['1'],
        platform: 'onnx',
        parameters: { executor: 'core' },
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }],
        outputs: [
          { name: 'label', datatype: 'BYTES', shape: [-1] },
          { name: 'probability', datatype: 'FP32', shape: [-1] },
        ],
      });
      const inputs = [{ name: 'x', datatype: 'FP32', shape: [2, 1], data: [[0], [10]] }];
      const answer = await call('POST', `${MODEL}/infer`, { model: 'strikes' }, { id: 'mine', inputs });
      expect(answer).toMatchObject({
        model_name: 'strikes',
        model_version: '1',
        id: 'mine',
        parameters: { prediction: expect.stringMatching(/^p-/) },
        outputs: [
          { name: 'label', shape: [2], data: ['yes', 'yes'] },
          { name: 'probability', datatype: 'FP32', data: [0.5, expect.closeTo(1, 3)] },
        ],
      });
      expect(await call('GET', `${MODEL}/ready`, { model: 'strikes' })).toEqual({
        name: 'strikes',
        ready: true,
      });
      const other = await call('POST', `${VERSION}/infer`, { model: 'strikes', version: '2' }, { inputs });
      expect(other).toMatchObject({ model_version: '2' });
    });

    it('runs the graph of a model from elsewhere', async () => {
      const bytes = writeModel({
        irVersion: 8,
        opsets: [{ domain: '', version: 17 }],
        producer: 'somebody else',
        metadata: {},
        graph: {
          name: 'double',
          nodes: [
            { name: 'n', operator: 'Add', domain: '', inputs: ['a', 'a'], outputs: ['b'], attributes: {} },
          ],
          initializers: [],
          inputs: [{ name: 'a', type: 'float32', dims: ['n', 2] }],
          outputs: [{ name: 'b', type: 'float32', dims: ['n', 2] }],
        },
      });
      await register(bytes, 'double');
      await host.run(deployOperation, { model: 'double' });
      expect(await call('GET', MODEL, { model: 'double' })).toMatchObject({
        inputs: [{ name: 'a', datatype: 'FP32', shape: [-1, 2] }],
      });
      const inputs = [{ name: 'a', datatype: 'FP32', shape: [1, 2], data: [1, 2] }];
      expect(await call('POST', `${MODEL}/infer`, { model: 'double' }, { inputs })).toMatchObject({
        outputs: [{ name: 'b', datatype: 'FP32', shape: [1, 2], data: [2, 4] }],
      });
      const wrong = [{ name: 'a', datatype: 'FP32', shape: [2, 2], data: [1] }];
      expect(await call('POST', `${MODEL}/infer`, { model: 'double' }, { inputs: wrong })).toMatchObject({
        error: expect.stringContaining('"a"'),
        status: 422,
        code: 'TRS_SERVING_TENSOR_INVALID',
      });
    });

    it.each([
      ['an unknown model', 'GET', MODEL, { model: 'nobody' }, undefined, 404],
      [
        'an unknown model that is asked whether it is ready',
        'GET',
        `${MODEL}/ready`,
        { model: 'nobody' },
        undefined,
        404,
      ],
      ['an unknown version', 'GET', VERSION, { model: 'strikes', version: '99' }, undefined, 404],
      ['no inputs', 'POST', `${MODEL}/infer`, { model: 'strikes' }, {}, 422],
      ['what is no JSON', 'POST', `${MODEL}/infer`, { model: 'strikes' }, '{', 422],
      [
        'a feature that is missing',
        'POST',
        `${MODEL}/infer`,
        { model: 'strikes' },
        { inputs: [{ name: 'y', datatype: 'FP32', shape: [1], data: [1] }] },
        422,
      ],
    ])('says %s in words, as "error"', async (_, method, path, params, body, status) => {
      await host.run(deployOperation, { model: 'strikes@champion' });
      expect(await call(method, path, params, body)).toMatchObject({
        error: expect.stringMatching(/\w+ \w+/),
        status,
        code: expect.stringMatching(/^TRS_/),
      });
    });

    it.each<[string, readonly object[], object, string]>([
      ['an output that there is not', [number()], { outputs: [{ name: 'potato' }] }, 'potato'],
      ['an output twice', [number()], { outputs: [{ name: 'label' }, { name: 'label' }] }, 'label'],
      ['an input twice', [number(), number()], {}, '"x"'],
      ['another datatype', [number({ datatype: 'BOOL' })], {}, 'BOOL'],
      ['a datatype that there is not', [number({ datatype: 'FP128' })], {}, 'FP128'],
      ['more elements than its shape', [number({ data: [1, 2] })], {}, '2 elements'],
      ['nested data that is not as its shape', [number({ shape: [2, 1], data: [[1, 2]] })], {}, '1 members'],
      ['an integer out of range', [number({ datatype: 'INT8', data: [300] })], {}, '300'],
      ['an integer with a fraction', [number({ datatype: 'INT32', data: [1.5] })], {}, '1.5'],
      ['a number beyond float32', [number({ data: [1e39] })], {}, '1e+39'],
      ['an unknown parameter', [number()], { parameters: { priority: 1 } }, 'priority'],
      ['an input with one', [number({ parameters: { shared: 'x' } })], {}, 'shared'],
    ])('refuses %s by its name', async (_, inputs, more, named) => {
      await host.run(deployOperation, { model: 'strikes@champion' });
      const answer = await call('POST', `${MODEL}/infer`, { model: 'strikes' }, { inputs, ...more });
      expect(answer).toMatchObject({ status: 422, error: expect.stringContaining(named) });
    });

    it('tells what it did, how it is served, and what is open; opens and lets go of it', async () => {
      await host.run(deployOperation, { model: 'strikes@champion' });
      const index = async (body?: object) =>
        (await call('POST', '/v2/repository/index', {}, body)) as unknown as readonly object[];
      expect(await index()).toMatchObject([{ name: 'strikes', version: '1', state: 'UNAVAILABLE' }]);
      expect(await index({ ready: true })).toEqual([]);
      await call('POST', '/v2/repository/models/:model/load', { model: 'strikes' }, {});
      expect(await index({ ready: true })).toMatchObject([{ state: 'READY', reason: '' }]);
      await call(
        'POST',
        `${MODEL}/infer`,
        { model: 'strikes' },
        { inputs: [number({ shape: [2], data: [1, 2] })] },
      );
      await call('POST', `${MODEL}/infer`, { model: 'strikes' }, { inputs: [number({ datatype: 'BOOL' })] });
      expect(await call('GET', `${MODEL}/stats`, { model: 'strikes' })).toMatchObject({
        model_stats: [
          {
            ...{ name: 'strikes', version: '1', inference_count: 2, execution_count: 1 },
            inference_stats: { success: { count: 1, ns: expect.any(Number) }, fail: { count: 1 } },
          },
        ],
      });
      expect(await call('GET', `${MODEL}/config`, { model: 'strikes' })).toMatchObject({
        max_batch_size: 10_000,
        input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [1] }],
        output: [{ name: 'label', data_type: 'TYPE_STRING', dims: [] }, { name: 'probability' }],
      });
      await call('POST', '/v2/repository/models/:model/unload', { model: 'strikes' });
      expect(await index({ ready: true })).toEqual([]);
      expect(await predict([{ x: 1 }])).toMatchObject({ model: { version: 1 } });
      const unknown = { parameters: { config: '{}' } };
      expect(
        await call('POST', '/v2/repository/models/:model/load', { model: 'strikes' }, unknown),
      ).toMatchObject({ status: 422, error: expect.stringContaining('config') });
      const { here } = await host.run(deploymentShow, { deployment: 'strikes' });
      expect(here).toMatchObject([{ version: 1, answered: 2, refused: 1, rows: 3, threads: 1 }]);
    });

    it('says that it is alive and ready, and what it is', async () => {
      expect(await call('GET', '/v2/health/live', {})).toEqual({ live: true });
      expect(await call('GET', '/v2/health/ready', {})).toEqual({ ready: true });
      expect(await call('GET', '/v2', {})).toMatchObject({ name: 'trestle' });
    });
  });

  describe('trestle predict', () => {
    const file = async (content: string) => {
      await writeFile(join(project.dir, 'rows.csv'), content);
      return host.run(predictOperation, { model: 'strikes@1', input: 'rows.csv' }, { surface: 'cli' });
    };

    it('predicts the rows of a file, and says which columns it ignored', async () => {
      expect(await file('x,note\n0,a\n10,b\n')).toMatchObject({
        model: { name: 'strikes', version: 1 },
        rows: 2,
        predictions: [{ probability: 0.5 }, { label: 'yes' }],
        ignored: ['note'],
      });
    });

    it('says of which columns the model reads another number, by the rows of the file', async () => {
      const rows = `x\n${'1\n'.repeat(9_000)}9007199254740993\n16777217\n`;
      expect((await file(rows)).notes).toEqual([
        expect.stringContaining('Column "x": 1 of its numbers in "rows.csv" have more digits'),
        expect.stringMatching(/^"x": 2 values .* in row 9000/),
      ]);
      expect((await file('x,day\n1,01/02/2024\n')).notes).toEqual([]);
    });

    it('says which features are no columns, and refuses a file that has none of them', async () => {
      await expect(file(' X,note\n1,a\n')).rejects.toMatchObject({
        code: 'TRS_SERVING_NO_FEATURES',
        message: expect.stringContaining('" X", "note"'),
      });
      await expect(file('x\nfast\n')).rejects.toMatchObject({
        code: 'TRS_DATA_BAD_ROWS',
        hint: expect.stringMatching(/^--bad-rows skip.*\n\s*line 2: fast$/s),
      });
    });

    it('writes whole files or none', async () => {
      await writeFile(join(project.dir, 'rows.csv'), `x\n${'1\n'.repeat(9_000)}`);
      const input = { model: 'strikes@1', input: 'rows.csv', out: 'out.jsonl' };
      expect(await host.run(predictOperation, input, { surface: 'cli' })).toMatchObject({
        rows: 9_000,
        out: 'out.jsonl',
      });
      const { readFile, readdir } = await import('node:fs/promises');
      expect((await readFile(join(project.dir, 'out.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(9_000);
      await writeFile(join(project.dir, 'rows.csv'), `x\n${'1\n'.repeat(9_000)}fast\n`);
      await expect(
        host.run(predictOperation, { ...input, out: 'bad.jsonl' }, { surface: 'cli' }),
      ).rejects.toMatchObject({
        // The reader says it, by the line: the text is no number, as the model's schema has it.
        code: 'TRS_DATA_BAD_ROWS',
        message: expect.stringContaining('9002'),
      });
      expect((await readdir(project.dir)).filter((name) => name.includes('bad'))).toEqual([]);
    });

    it('answers the good rows of a file where it is told to, numbers them, and says what is wrong with the others', async () => {
      const skip = async (content: string, out?: string) => {
        await writeFile(join(project.dir, 'rows.csv'), content);
        const input = { model: 'strikes@1', input: 'rows.csv', badRows: 'skip' as const };
        return await host.run(predictOperation, { ...input, ...(out ? { out } : {}) }, { surface: 'cli' });
      };
      const rows = 'x,note\n0,a\nfast,b\n,c\n1e39,d\n10,e\n';
      const result = await skip(rows);
      expect(result).toMatchObject({
        rows: 2,
        predictions: [
          { row: 0, probability: 0.5 },
          { row: 4, label: 'yes' },
        ],
        skipped: {
          rows: 3,
          examples: [
            { row: 1, field: 'x', reason: 'it must be a finite number, not "fast"' },
            { row: 2, field: 'x', reason: 'it is missing, and was never missing in training' },
            { row: 3, field: 'x', reason: expect.stringContaining('beyond') },
          ],
        },
      });
      await skip(rows, 'out.csv');
      const { readFile } = await import('node:fs/promises');
      expect((await readFile(join(project.dir, 'out.csv'), 'utf8')).split('\n')).toEqual([
        expect.stringMatching(/^row,label,probability/),
        expect.stringMatching(/^0,/),
        expect.stringMatching(/^4,yes/),
        '',
      ]);
      // A line that has not the shape of a row is none that could be numbered.
      const ragged = await skip('x,note\n0,a\n1,b,c,d\n10,e\n');
      expect(ragged).toMatchObject({
        rows: 2,
        notes: [expect.stringMatching(/^Left out: .*1 row does not fit/)],
      });
      expect((await file('x\n0\n10\n')).predictions?.[0]).not.toHaveProperty('row');
    });

    it('has a column for what was imputed in a table of predictions', async () => {
      await register(tinyModel(1, { isImputed: true }));
      await writeFile(join(project.dir, 'rows.csv'), 'x,note\n1,a\n,b\n');
      const input = { model: 'strikes@4', input: 'rows.csv', out: 'out.csv' };
      await host.run(predictOperation, input, { surface: 'cli' });
      const { readFile } = await import('node:fs/promises');
      const [header, first, second] = (await readFile(join(project.dir, 'out.csv'), 'utf8')).split('\n');
      expect(header).toMatch(/,imputed$/);
      expect(first).toMatch(/,$/);
      expect(second).toMatch(/,x$/);
    });

    it('needs rows from somewhere', async () => {
      await expect(host.run(predictOperation, { model: 'strikes@1' })).rejects.toMatchObject({
        code: 'TRS_SERVING_SOURCE_MISSING',
      });
    });
  });
});
