import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import {
  type Client,
  credentials,
  status as grpcStatus,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { labelled, makeProject, type Project, start, trestle } from './trestle.test.setup.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

type InferenceClient = Client & {
  ModelInfer(
    request: object,
    metadata: Metadata,
    callback: (error: ServiceError | null, answer: Readonly<Record<string, unknown>>) => void,
  ): void;
};

let project: Project;
let url: string;
let grpcAddress: string;
let server: ReturnType<typeof start>;
let token: string;

beforeAll(async () => {
  project = await makeProject('{"server": {"auth": "tokens"}}');
  await mkdir(project.path('files'));
  await project.write('files/rows.csv', labelled(600));
  token = (await project.json('token', 'create', 'tests', '--scopes', '*:*')).secret;
  server = start(['serve', '--port', '0', '--grpc-port', '0'], { cwd: project.dir });
  [, url = ''] = await server.says(/(http:\/\/127\.0\.0\.1:\d+)/);
  [, grpcAddress = ''] = await server.says(/gRPC on (\S+)/);
});
afterAll(async () => {
  server.child.kill('SIGTERM');
  expect((await server.ended).code).toBe(0);
  await project.remove();
});

/** The same command on the server, from a folder that is no project. */
async function remote(...args: string[]) {
  const { code, stdout } = await trestle([...args, '--server', url, '--json'], {
    cwd: '/',
    env: { TRESTLE_TOKEN: token },
  });
  return { code, ...JSON.parse(stdout) };
}

async function post(path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

describe('the commands on a server', () => {
  it('go the whole way: data, training as a job, registry, deployment', async () => {
    expect(await remote('data', 'add', 'rows.csv', '--name', 'rows')).toMatchObject({ code: 0, rows: 600 });
    const trained = await remote(
      'train',
      '--data',
      'rows',
      '--target',
      'label',
      '--exclude',
      'day',
      '--register',
      'm',
    );
    expect(trained).toMatchObject({ code: 0, task: 'binary', model: { name: 'm', version: 1 } });
    await remote('model', 'promote', 'm', '1', '--alias', 'champion');
    expect(await remote('deploy', 'm@champion', '--name', 'd')).toMatchObject({
      code: 0,
      deployment: 'd',
      revision: 1,
    });
    // What the server did is what a local command sees.
    expect((await project.json('run', 'list')).runs[0].run).toBe(trained.run);
  });

  it('answer errors with the same code and exit code', async () => {
    expect(await remote('model', 'show', 'unknown')).toMatchObject({
      code: 2,
      error: { code: 'TRS_REGISTRY_UNKNOWN_MODEL' },
    });
    expect(await remote('train', '--data', 'rows', '--target', 'nothing')).toMatchObject({
      code: 2,
      error: { code: 'TRS_TRAIN_UNKNOWN_COLUMN' },
    });
  });

  it('name no file outside of the project', async () => {
    const { error } = await remote('data', 'add', '/etc/passwd', '--name', 'stolen');
    expect(error.code).toMatch(/^TRS_/);
    expect((await remote('data', 'list')).datasets.map((one: { dataset: string }) => one.dataset)).toEqual([
      'rows',
    ]);
  });

  it('need a token that is known', async () => {
    const { code, stdout } = await trestle(['data', 'list', '--server', url, '--json'], { cwd: '/' });
    expect(JSON.parse(stdout).error.code).toBe('TRS_SERVER_UNAUTHENTICATED');
    expect(code).toBe(1);
  });

  it('say so when nobody listens', async () => {
    const { code, stdout } = await trestle(['data', 'list', '--server', 'http://127.0.0.1:9', '--json'], {
      cwd: '/',
    });
    expect(code).toBe(1);
    expect(JSON.parse(stdout).error.message).toContain('127.0.0.1:9');
  });
});

describe('the prediction protocols', () => {
  it('/v1/predict answers rows, /v1/feedback takes their labels, and a trace leads to the file', async () => {
    const answer = await post('/v1/predict/d', {
      rows: [
        { x: 0.9, group: 'a' },
        { x: -0.9, group: 'b' },
      ],
    });
    expect(answer).toMatchObject({
      status: 200,
      body: { model: { name: 'm', version: 1 }, predictions: [{ label: 'yes' }, { label: 'no' }] },
    });
    const id = String(answer.body.id);
    const labels = [{ id, row: 0, label: 'yes' }];
    expect((await post('/v1/feedback/d', { labels })).status).toBe(200);
    const { nodes } = await remote('trace', id);
    expect(JSON.stringify(nodes)).toMatch(/dataset:rows@1.*file:|file:.*dataset:rows@1/s);
  });

  it('/v1/predict names the row, the field and the reason', async () => {
    expect(
      await post('/v1/predict/d', {
        rows: [
          { x: 0.5, group: 'a' },
          { x: 'much', group: 'a' },
        ],
      }),
    ).toMatchObject({
      status: 422,
      body: { code: 'TRS_MODEL_ROW_INVALID', details: { row: 1, field: 'x' } },
    });
  });

  it('/v2 tells of the model and infers', async () => {
    const get = async (path: string) =>
      await (await fetch(url + path, { headers: { authorization: `Bearer ${token}` } })).json();
    expect(await get('/v2')).toMatchObject({ name: expect.any(String), extensions: expect.any(Array) });
    const { inputs } = await get('/v2/models/d');
    expect(inputs.map((input: { name: string }) => input.name).sort()).toEqual(['group', 'x']);
    const answer = await post('/v2/models/d/infer', {
      inputs: [
        { name: 'x', shape: [2, 1], datatype: 'FP32', data: [0.9, -0.9] },
        { name: 'group', shape: [2, 1], datatype: 'BYTES', data: ['a', 'b'] },
      ],
    });
    expect(answer).toMatchObject({ status: 200, body: { model_name: 'd' } });
  });

  it('/v2 takes and gives tensors as bytes, as NVIDIA’s client sends them', async () => {
    const inputs = [
      { name: 'x', shape: [2], datatype: 'FP32', parameters: { binary_data_size: 8 } },
      { name: 'group', shape: [2], datatype: 'BYTES', data: ['a', 'b'] },
    ];
    const json = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
    const response = await fetch(`${url}/v2/models/d/versions/1/infer/`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-encoding': 'gzip',
        'inference-header-content-length': String(json.length),
      },
      body: gzipSync(Buffer.concat([json, new Uint8Array(Float32Array.of(0.9, -0.9).buffer)])),
    });
    expect(response.status).toBe(200);
    const length = Number(response.headers.get('inference-header-content-length'));
    const bytes = Buffer.from(await response.arrayBuffer());
    const { outputs } = JSON.parse(bytes.subarray(0, length).toString());
    expect(outputs).toMatchObject([
      { name: 'label', parameters: { binary_data_size: 13 } },
      { name: 'probability', datatype: 'FP32', parameters: { binary_data_size: 8 } },
    ]);
    expect(bytes.length).toBe(length + 21);
    expect(bytes.subarray(length + 4, length + 7).toString()).toBe('yes');
  });

  it('have the protocol’s form for every error below /v2, and show no path of the server', async () => {
    const ask = (path: string, init: RequestInit = {}) =>
      fetch(url + path, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });
    const answers = await Promise.all([
      ask('/v2/nothing'),
      ask('/v2/models/d/infer'),
      ask('/v2/models/nobody'),
      ask('/v2/models/d/infer', { method: 'POST', body: '{', headers: { 'content-type': 'text/html' } }),
      ask('/v2/models/d/infer', { method: 'POST', body: Buffer.from('{') }),
      fetch(`${url}/v2/models/d`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 405, 404, 415, 422, 401]);
    for (const answer of answers) {
      const body = await answer.text();
      expect(JSON.parse(body)).toMatchObject({ error: expect.stringMatching(/\w+ \w+/) });
      expect(body).not.toContain(project.dir);
    }
  });

  it('gRPC answers as /v2 does, to whoever shows a token', async () => {
    const proto = new URL('../../../plugins/serving/proto/open_inference.proto', import.meta.url);
    const loaded = loadPackageDefinition(loadSync(fileURLToPath(proto), { keepCase: true })) as unknown as {
      inference: { GRPCInferenceService: new (address: string, credentials: unknown) => InferenceClient };
    };
    const client = new loaded.inference.GRPCInferenceService(grpcAddress, credentials.createInsecure());
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    const ask = (shown: Metadata) =>
      new Promise<Readonly<Record<string, unknown>>>((resolve) =>
        client.ModelInfer(
          {
            model_name: 'd',
            inputs: [
              { name: 'x', datatype: 'FP32', shape: [1], contents: { fp32_contents: [0.9] } },
              {
                name: 'group',
                datatype: 'BYTES',
                shape: [1],
                contents: { bytes_contents: [Buffer.from('a')] },
              },
            ],
          },
          shown,
          (error: ServiceError | null, answer) => resolve(error ? { code: error.code } : answer),
        ),
      );
    expect(await ask(new Metadata())).toEqual({ code: grpcStatus.UNAUTHENTICATED });
    const rest = await post('/v2/models/d/infer', {
      inputs: [
        { name: 'x', datatype: 'FP32', shape: [1], data: [0.9] },
        { name: 'group', datatype: 'BYTES', shape: [1], data: ['a'] },
      ],
    });
    const [label, probability] = rest.body.outputs as readonly { data: readonly unknown[] }[];
    expect(await ask(metadata)).toMatchObject({
      model_name: 'd',
      model_version: '1',
      outputs: [
        { name: 'label', contents: { bytes_contents: [Buffer.from(String(label?.data[0]))] } },
        { name: 'probability', contents: { fp32_contents: [probability?.data[0]] } },
      ],
    });
    client.close();
  });
});
