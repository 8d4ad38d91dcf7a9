import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { executors } from '@trestle/contracts';
import { contribute, type Host, plugin } from '@trestle/kernel';
import { dataPlugin } from '@trestle/plugin-data';
import { monitoringPlugin } from '@trestle/plugin-monitoring';
import { modelRegister, registryPlugin } from '@trestle/plugin-registry';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { responseOf, type TemporaryProject, temporaryProject, tinyModel } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentShow, deployOperation, servingPlugin } from '../index.ts';
import { fastest } from './measure-executors.ts';

const MODULE = new URL('./other-executors.test.setup.ts', import.meta.url).href;
const others = plugin({
  name: 'others',
  version: '1.0.0',
  contributions: [
    contribute(executors, { name: 'wrong', module: `${MODULE}?wrong` }),
    contribute(executors, { name: 'late', module: `${MODULE}?late` }),
    contribute(executors, { name: 'none', module: `${MODULE}?none` }),
    contribute(executors, { name: 'elsewhere', module: MODULE, needs: 'a-package-that-nobody-has' }),
  ],
});

describe('where the graph of a deployment runs', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeAll(async () => {
    project = await temporaryProject();
    host = await project.open(
      [dataPlugin, registryPlugin, servingPlugin, monitoringPlugin, trackingPlugin, others],
      {
        env: { TRESTLE_SERVING__WORKERS: '1', TRESTLE_STORE__RESERVE_BYTES: '0' },
      },
    );
    await writeFile(join(project.dir, 'model.onnx'), tinyModel(2));
    await host.run(modelRegister, { file: 'model.onnx', name: 'm' }, { surface: 'cli' });
  });
  afterAll(() => project.remove());

  const deploy = (executor?: string) =>
    host.run(deployOperation, { model: 'm@1', ...(executor === undefined ? {} : { executor }) });
  const call = async (method: string, path: string, params: Record<string, string>, body?: object) => {
    const route = servingPlugin.routes.find((one) => one.method === method && one.path === path);
    if (!route) throw new RangeError(`no route ${method} ${path}`);
    const ctx = host.context({ id: path, access: route.access }, { surface: 'http' });
    const request = new Request('http://localhost/', {
      method,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return await (await responseOf(await (await route.load())(ctx, request, params))).json();
  };
  const answered = async (): Promise<unknown> => {
    const { predictions } = (await call(
      'POST',
      '/v1/predict/:deployment',
      { deployment: 'm' },
      { rows: [{ x: 1 }] },
    )) as { predictions: { probability: number }[] };
    return predictions[0]?.probability;
  };
  const shown = () => host.run(deploymentShow, { deployment: 'm' });

  it('is the core where nobody says anything', async () => {
    await deploy();
    expect(await answered()).toBeCloseTo(1 / (1 + Math.exp(-2)), 5);
    expect((await shown()).runsOn).toMatchObject({ wanted: 'core', executor: 'core' });
  });

  it('is what the deployment says, and stays so when it is deployed again', async () => {
    expect(await deploy('wrong')).toMatchObject({ revision: 2, executor: 'wrong' });
    expect(await answered()).toBe(0.125);
    expect(await deploy()).toMatchObject({ revision: 2, executor: 'wrong' });
    expect(await call('GET', '/v2/models/:model', { model: 'm' })).toMatchObject({
      parameters: { executor: 'wrong' },
    });
  });

  it('is measured with auto: the fastest of those that agree, and it is said', async () => {
    await deploy('auto');
    expect((await shown()).runsOn).toEqual({ wanted: 'auto', measured: [] });
    expect(await answered()).toBeCloseTo(1 / (1 + Math.exp(-2)), 5);
    await expect.poll(async () => (await shown()).runsOn.executor).toMatch(/^(core|onnxruntime)$/);
    const { runsOn } = await shown();
    expect(runsOn.measured).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ executor: 'core', agrees: true, ms: expect.any(Number) }),
        expect.objectContaining({
          executor: 'wrong',
          agrees: false,
          detail: expect.stringContaining('0.125'),
        }),
        expect.objectContaining({ executor: 'late', agrees: true, ms: expect.any(Number) }),
        expect.objectContaining({ executor: 'none', agrees: false }),
      ]),
    );
    expect(runsOn.measured.map(({ executor }) => executor)).not.toContain('elsewhere');
    const metric = servingPlugin.metrics.find(({ name }) => name === 'trestle_inference_executor');
    const values = (await metric?.collect(host)) ?? [];
    expect(values).toContainEqual({ labels: { executor: 'wrong' }, value: 1 });
  });

  it.each([
    ['that nobody has', 'onnxruntim', 'TRS_SERVING_EXECUTOR_UNKNOWN', /Did you mean "onnxruntime"/],
    ['that is not installed', 'elsewhere', 'TRS_SERVING_EXECUTOR_MISSING', /a-package-that-nobody-has/],
  ])('is refused by its name when one is wanted %s', async (_, name, code, message) => {
    await expect(deploy(name)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('is refused with the first request where its module has none', async () => {
    await deploy('none');
    await expect(answered()).rejects.toMatchObject({ code: 'TRS_SERVING_EXECUTOR_INVALID' });
  });
});

describe('the fastest executor', () => {
  const one = (executor: string, agrees: boolean, ms?: number) => ({
    executor,
    agrees,
    detail: '',
    ...(ms === undefined ? {} : { ms }),
  });
  it.each([
    ['is the one with the least time', [one('core', true, 2), one('a', true, 1), one('b', true, 3)], 'a'],
    ['is none that disagrees', [one('core', true, 2), one('a', false, 1)], 'core'],
    ['is one that agrees where the core does not', [one('core', false), one('a', true, 9)], 'a'],
    ['is the core where nothing could be measured', [one('core', true), one('a', true)], 'core'],
    ['is the core where none agrees', [one('core', false), one('a', false)], 'core'],
  ])('%s', (_, measured, name) => {
    expect(fastest(measured)).toBe(name);
  });
});
