import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Gate, gates, modelsToken } from '@trestle/contracts';
import { contribute, type Host, journalToken, plugin } from '@trestle/kernel';
import { buildModel, denseLayers, openModel } from '@trestle/model';
import { blobsToken, lineageToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject, tinyModel } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  modelCard,
  modelExport,
  modelList,
  modelPromote,
  modelRegister,
  modelRollback,
  modelShow,
  modelVerify,
  registryPlugin,
} from './index.ts';

const CHAMPION = { name: 'strikes', alias: 'champion' };

describe('the registry', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
    host = await project.open([registryPlugin]);
  });
  afterEach(async () => {
    await project.remove();
  });
  const register = async (bytes: Uint8Array, name = 'strikes') => {
    await writeFile(join(project.dir, 'model.onnx'), bytes);
    return await host.run(modelRegister, { file: 'model.onnx', name }, { surface: 'cli' });
  };
  const promote = (version: number) => host.run(modelPromote, { ...CHAMPION, version });

  it('numbers versions, and knows a file that it already has', async () => {
    const first = await register(tinyModel(1));
    expect(first).toMatchObject({
      name: 'strikes',
      version: 1,
      task: 'binary',
      inputs: [{ name: 'x', type: 'float32' }],
      outputs: [{ type: 'float32' }],
    });
    expect((await register(tinyModel(2))).version).toBe(2);
    expect(await register(tinyModel(1))).toEqual(first);
    expect((await host.run(modelList, {})).models.map((one) => one.version)).toEqual([2, 1]);
  });

  it('keeps the package itself, and where it came from', async () => {
    const bytes = tinyModel(1);
    const { digest } = await register(bytes);
    const kept = await (await host.service(blobsToken)).read(digest);
    expect(new Uint8Array(kept)).toEqual(bytes);
    expect(await (await host.service(lineageToken)).into('model:strikes@1')).toMatchObject([
      { from: `file:${digest}`, kind: 'registered' },
    ]);
  });

  it('exports the package itself, and only in a form that there is', async () => {
    const bytes = tinyModel(1);
    const { digest } = await register(bytes);
    const out = join(project.dir, 'out.onnx');
    const input = { model: 'strikes@1', out };
    expect(await host.run(modelExport, input, { surface: 'cli' })).toEqual({
      name: 'strikes',
      version: 1,
      path: out,
      digest,
      bytes: bytes.length,
    });
    expect(new Uint8Array(await readFile(out))).toEqual(bytes);
    await expect(
      host.run(modelExport, { ...input, out: `${out}.2`, format: 'oci' }, { surface: 'cli' }),
    ).rejects.toMatchObject({ code: 'TRS_REGISTRY_FORMAT_UNKNOWN', kind: 'invalid' });
    expect((await readdir(project.dir)).filter((name) => name.startsWith('out.'))).toEqual(['out.onnx']);
  });

  it('has the card of a package, and none of a graph without one', async () => {
    await register(tinyModel(1));
    const { metadata } = await openModel(tinyModel(1));
    expect(await host.run(modelCard, { model: 'strikes' })).toEqual({
      name: 'strikes',
      version: 1,
      card: metadata?.card ?? '',
    });
  });

  it('moves an alias and returns it, step by step, and tells the log of each', async () => {
    for (const slope of [1, 2, 3]) await register(tinyModel(slope));
    expect(await promote(1)).toEqual({ ...CHAMPION, version: 1, previous: null });
    expect(await promote(2)).toEqual({ ...CHAMPION, version: 2, previous: 1 });
    expect(await promote(3)).toEqual({ ...CHAMPION, version: 3, previous: 2 });
    expect(await host.run(modelRollback, CHAMPION)).toEqual({ ...CHAMPION, version: 2, previous: 3 });
    expect(await host.run(modelRollback, CHAMPION)).toEqual({ ...CHAMPION, version: 1, previous: 2 });
    await expect(host.run(modelRollback, CHAMPION)).rejects.toMatchObject({
      code: 'TRS_REGISTRY_NOTHING_TO_ROLL_BACK',
    });
    expect(await host.run(modelShow, { model: 'strikes@champion' })).toMatchObject({
      version: 1,
      features: [{ name: 'x' }],
      moves: [
        { version: 1 },
        { version: 2 },
        { version: 3 },
        { kind: 'rolled-back' },
        { kind: 'rolled-back' },
      ],
    });
    const events = await (await host.service(journalToken)).read({
      types: ['model.promoted', 'model.rolled-back'],
    });
    expect(events.map((event) => event.payload.version)).toEqual([1, 2, 3, 2, 1]);
  });

  it('does nothing when the alias is there already', async () => {
    await register(tinyModel(1));
    await promote(1);
    expect(await promote(1)).toMatchObject({ previous: 1 });
    expect((await host.run(modelShow, { model: 'strikes' })).moves).toHaveLength(1);
  });

  it('lets only one of two callers move it at a time', async () => {
    for (const slope of [1, 2, 3, 4]) await register(tinyModel(slope));
    await Promise.all([1, 2, 3, 4].map((version) => promote(version)));
    const { moves } = await host.run(modelShow, { model: 'strikes' });
    expect(moves.map((move) => move.previous)).toEqual([
      null,
      ...moves.slice(0, -1).map((move) => move.version),
    ]);
  });

  it('refuses a model that does not answer its own golden examples', async () => {
    await expect(register(tinyModel(2, { isHonest: false }))).rejects.toMatchObject({
      code: 'TRS_REGISTRY_NOT_VERIFIED',
      kind: 'refused',
    });
    expect((await host.run(modelList, {})).models).toEqual([]);
  });

  it('tells how the version that an alias moves to takes other things than the one before, both ways', async () => {
    await register(tinyModel(1));
    const other = buildModel({
      inputs: ['x', 'age'].map((name) => ({ name, type: 'float32' as const, dims: ['batch', 1] })),
      design: (graph) => graph.add('Add', ['x', 'age']),
      head: denseLayers(
        [{ weights: Float32Array.of(1), bias: Float32Array.of(0), activation: 'none' }],
        'regression',
      ),
      outputs: 1,
      metadata: {
        schema: {
          ...{ task: 'regression', target: 'y', classes: [], threshold: 0.5 },
          features: ['x', 'age'].map((name) => ({ name, type: 'number' as const, nullable: false })),
        },
        golden: { rows: [{ x: 1, age: 2 }], predictions: [{ value: 3 }], tolerance: 1e-4 },
        ...{ metrics: {}, card: '', lineage: {}, reference: { features: [] }, estimator: 'linear' },
        ...{ licence: 'Apache-2.0', createdAt: '2026-12-01' },
      },
    });
    await register(other);
    expect(await promote(1)).not.toHaveProperty('differs');
    const moved = await promote(2);
    expect(moved.differs?.join(' ')).toMatch(
      /regression.*It needs "age" \(number\), which strikes@1 does not take/,
    );
    const back = await host.run(modelRollback, CHAMPION);
    expect(back.differs?.join(' ')).toContain('It does not look at "age", which strikes@2 takes.');
  });

  it('refuses to promote a version whose package was damaged, and leaves the alias', async () => {
    await register(tinyModel(1));
    await promote(1);
    const { digest } = await register(tinyModel(2));
    const path = await (await host.service(blobsToken)).localPath(digest);
    await (await import('node:fs/promises')).chmod(path, 0o600);
    await appendFile(path, 'x');
    await expect(promote(2)).rejects.toMatchObject({ code: 'TRS_REGISTRY_GATE_REFUSED', kind: 'refused' });
    expect((await host.run(modelShow, { model: 'strikes@champion' })).version).toBe(1);
    expect(await host.run(modelVerify, { model: 'strikes@2' })).toMatchObject({
      verified: false,
      checks: [{ name: 'digest', passed: false }],
    });
    expect(await host.run(modelVerify, { model: 'strikes@1' })).toMatchObject({ verified: true });
  });

  it('asks the gates of plugins too, which see the version and what it is to become', async () => {
    const seen: unknown[] = [];
    const small: Gate = {
      name: 'small',
      load: async () => async (_, model, admission) => {
        seen.push([model.version, admission]);
        if (admission.kind !== 'alias' || admission.alias !== 'champion') return undefined;
        return { passed: model.version === 1, detail: `version ${model.version} is too large` };
      },
    };
    await host.close();
    const strict = plugin({ name: 'strict', version: '1.0.0', contributions: [contribute(gates, small)] });
    host = await project.open([registryPlugin, strict]);
    await register(tinyModel(1));
    await register(tinyModel(2));
    await promote(1);
    await expect(promote(2)).rejects.toMatchObject({
      code: 'TRS_REGISTRY_GATE_REFUSED',
      message: 'strikes@2 may not become "champion": version 2 is too large',
      details: { gate: 'small' },
    });
    const models = await host.service(modelsToken);
    const second = await models.resolve('strikes@2');
    expect(await models.refusal(second, { kind: 'deployment', deployment: 'live' })).toBeUndefined();
    expect(seen.slice(-2)).toEqual([
      [2, { kind: 'alias', alias: 'champion' }],
      [2, { kind: 'deployment', deployment: 'live' }],
    ]);
  });

  it.each([
    ['an unknown model', () => host.run(modelShow, { model: 'strike' }), 'TRS_REGISTRY_UNKNOWN_MODEL'],
    ['an unknown version', () => promote(9), 'TRS_REGISTRY_UNKNOWN_VERSION'],
    ['an unknown alias', () => host.run(modelRollback, CHAMPION), 'TRS_REGISTRY_UNKNOWN_ALIAS'],
    [
      'a number as alias',
      () => host.run(modelPromote, { name: 'strikes', version: 1, alias: '7' }),
      'TRS_REGISTRY_ALIAS_INVALID',
    ],
    [
      '"latest" as alias',
      () => host.run(modelPromote, { name: 'strikes', version: 1, alias: 'latest' }),
      'TRS_REGISTRY_ALIAS_INVALID',
    ],
    [
      'neither file nor run',
      () => host.run(modelRegister, { name: 'strikes' }),
      'TRS_REGISTRY_SOURCE_MISSING',
    ],
    [
      'a missing file',
      () => host.run(modelRegister, { name: 'strikes', file: 'no.onnx' }),
      'TRS_KERNEL_FILE_MISSING',
    ],
    ['a file that is no model', () => register(new TextEncoder().encode('<html>')), 'TRS_ONNX_MALFORMED'],
  ])('refuses %s', async (_, act, code) => {
    await register(tinyModel(1));
    await expect(act()).rejects.toMatchObject({ code });
  });

  it('refuses a file beyond the configured size before it reads it', async () => {
    const small = await project.open([registryPlugin], {
      env: { TRESTLE_STORE__RESERVE_BYTES: '0', TRESTLE_REGISTRY__MAX_MODEL_BYTES: '100' },
    });
    await writeFile(join(project.dir, 'model.onnx'), tinyModel(1));
    await expect(small.run(modelRegister, { file: 'model.onnx', name: 'm' })).rejects.toMatchObject({
      code: 'TRS_REGISTRY_TOO_LARGE',
    });
  });
});
