import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Document,
  failure,
  labelled,
  makeProject,
  type Project,
  trestle,
  vega,
} from './trestle.test.setup.ts';

describe('from a dataset to a deployment, by the command line', () => {
  let project: Project;
  let species: Document;
  let weather: Document;
  let binary: Document;
  beforeAll(async () => {
    project = await makeProject();
    await project.write('labelled.csv', labelled(120));
    await project.run('data', 'add', vega('penguins.json'), '--name', 'penguins');
    await project.run('data', 'add', vega('seattle-weather.csv'), '--name', 'weather');
    await project.run('data', 'add', 'labelled.csv', '--name', 'labelled');
    const linear = ['--estimator', 'linear', '--seed', '1'];
    species = await project.json(
      ...['train', '--data', 'penguins', '--target', 'Species', '--register', 'species', ...linear],
    );
    weather = await project.json(
      ...['train', '--data', 'weather@1', '--target', 'temp_max', '--time-column', 'date', ...linear],
      ...['--exclude', 'wind,precipitation', '--test', '0.3', '--register', 'warmth'],
    );
    binary = await project.json(
      ...['train', '--data', 'labelled', '--target', 'label', '--time-column', 'day', ...linear],
      ...['--register', 'answers'],
    );
    // A second version for what moves between versions.
    await project.run(
      ...[
        'train',
        '--data',
        'labelled',
        '--target',
        'label',
        '--exclude',
        'group',
        '--task',
        'binary',
        ...linear,
      ],
      ...['--register', 'answers'],
    );
  }, 180_000);
  afterAll(() => project.remove());

  it('train: finds the task, evaluates on a held-out part, and registers', () => {
    expect(species).toMatchObject({ task: 'multiclass', model: { name: 'species', version: 1 } });
    expect(species.metrics.test.accuracy).toBeGreaterThan(0.95);
    expect(weather).toMatchObject({ task: 'regression', model: { name: 'warmth', version: 1 } });
    expect(weather.metrics.test.r2).toBeGreaterThan(0.6);
    expect(binary).toMatchObject({ task: 'binary', split: { kind: 'time' } });
    expect(binary.metrics.test.rocAuc).toBeGreaterThan(0.9);
    expect(species.run).toMatch(/^r-/);
    expect(species.model.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('run list, show, compare', async () => {
    const { runs } = await project.json('run', 'list');
    expect(runs).toHaveLength(4);
    expect(await project.json('run', 'show', weather.run)).toMatchObject({
      run: weather.run,
      status: 'succeeded',
      spec: { exclude: ['wind', 'precipitation'], test: 0.3, seed: 1 },
    });
    const compared = await project.json('run', 'compare', runs[0].run, binary.run);
    expect(compared.settings).toContainEqual({ name: 'exclude', values: [['group'], []] });
  });

  it('model list, show, verify, card, export', async () => {
    const { models } = await project.json('model', 'list');
    expect(models.map((one: Document) => `${one.name}@${one.version}`).sort()).toEqual([
      'answers@1',
      'answers@2',
      'species@1',
      'warmth@1',
    ]);
    expect(await project.json('model', 'show', 'species')).toMatchObject({
      classes: ['Adelie', 'Chinstrap', 'Gentoo'],
    });
    expect(await project.json('model', 'verify', 'species@1')).toMatchObject({ verified: true });
    expect((await project.json('model', 'card', 'species@1')).card).toContain('# Predicts Species');
    expect((await project.run('model', 'card', 'species@1')).stdout).toMatch(/^# Predicts Species\n/);
    const out = project.path('species.onnx');
    const exported = await project.json('model', 'export', 'species@1', '--format', 'onnx', '--out', out);
    expect(exported).toMatchObject({ path: out, digest: species.model.digest });
    expect(await project.json('model', 'register', out, '--name', 'returned')).toMatchObject({
      name: 'returned',
      version: 1,
      digest: species.model.digest,
      inputs: expect.arrayContaining([expect.objectContaining({ name: 'Island' })]),
      outputs: [expect.any(Object)],
    });
  });

  it('model promote and rollback move an alias that references name', async () => {
    const promote = (version: string) =>
      project.json('model', 'promote', 'answers', version, '--alias', 'champion');
    expect(await promote('1')).toEqual({ name: 'answers', version: 1, alias: 'champion', previous: null });
    expect(await promote('2')).toMatchObject({ version: 2, previous: 1 });
    expect(await project.json('model', 'rollback', 'answers', '--alias', 'champion')).toEqual({
      name: 'answers',
      version: 1,
      alias: 'champion',
      previous: 2,
      // Callers are told that the two answer other questions.
      differs: expect.arrayContaining([expect.stringContaining('answers@2')]),
    });
    expect(await project.json('model', 'show', 'answers@champion')).toMatchObject({ version: 1 });
    expect(await project.json('model', 'show', 'answers')).toMatchObject({ version: 2 });
  });

  it('predict: rows of a file, of standard input and of a dataset version', async () => {
    const rows = await project.json('predict', 'species@1', '--input', vega('penguins.json'));
    expect(rows.rows).toBe(344);
    expect(rows.predictions[0]).toMatchObject({ label: 'Adelie' });
    const { stdout } = await trestle(['predict', 'species', '--input', '-', '--json'], {
      cwd: project.dir,
      input: '{"Island":"Biscoe","Flipper Length (mm)":230}\n{"Island":"Dream"}\n',
    });
    expect(JSON.parse(stdout)).toMatchObject({ rows: 2, predictions: [{ label: 'Gentoo' }, {}] });
    const out = project.path('warm.jsonl');
    expect(await project.json('predict', 'warmth', '--data', 'weather@1', '--out', out)).toMatchObject({
      rows: 1_461,
    });
    expect((await readFile(out, 'utf8')).trim().split('\n')).toHaveLength(1_461);
  });

  it('predict writes what the name of the file says', async () => {
    const written = async (name: string): Promise<string> => {
      const out = project.path(name);
      await project.json('predict', 'species@1', '--input', vega('penguins.json'), '--out', out);
      return await readFile(out, 'utf8');
    };
    const [header = '', first = '', ...rest] = (await written('answers.csv')).trim().split('\n');
    expect(header).toBe(
      'label,probability,probabilities.Adelie,probabilities.Chinstrap,probabilities.Gentoo,imputed',
    );
    expect(first).toMatch(/^Adelie,0\.\d+(,[\d.e-]+){3},$/);
    expect(rest).toHaveLength(343);
    expect((await written('answers.tsv')).split('\n')[0]).toBe(header.replaceAll(',', '\t'));
    const list = JSON.parse(await written('answers.json'));
    expect(list).toHaveLength(344);
    expect(list[0]).toMatchObject({ label: 'Adelie', probabilities: {} });
  });

  it('deploy, deployment list, show, rollback', async () => {
    const deployed = await project.json('deploy', 'answers@1', '--name', 'live');
    expect(deployed).toMatchObject({ deployment: 'live', revision: 1, traffic: [{ percent: 100 }] });
    expect(await project.json('deploy', 'answers@2', '--name', 'live')).toMatchObject({ revision: 2 });
    expect(await project.json('deployment', 'rollback', 'live')).toMatchObject({
      revision: 3,
      model: { version: 1 },
    });
    expect((await project.json('deployment', 'show', 'live')).revisions).toHaveLength(3);
    expect((await project.json('deployment', 'list')).deployments).toMatchObject([{ deployment: 'live' }]);
  });

  it('monitor: status, drift and alerts of a deployment that has seen nothing yet', async () => {
    expect((await project.json('monitor', 'status')).deployments).toMatchObject([{ deployment: 'live' }]);
    const drift = await project.json('monitor', 'drift', 'live');
    expect(drift).toMatchObject({ drifted: false });
    expect(drift.features).toBeInstanceOf(Array);
    expect(await project.json('monitor', 'alerts')).toMatchObject({ alerts: [] });
  });

  it('trace: from a model back to the file, and forth to what it went into', async () => {
    const { nodes, edges } = await project.json('trace', 'answers@1');
    expect(nodes.map((one: Document) => one.kind)).toEqual(
      expect.arrayContaining(['file', 'dataset', 'run', 'model', 'deployment']),
    );
    expect(edges).toContainEqual(expect.objectContaining({ to: 'model:answers@1', kind: 'registered' }));
  });

  it('audit log and verify, job list, plugin list, doctor', async () => {
    const { events } = await project.json('audit', 'log');
    expect(events.length).toBeGreaterThan(20);
    expect(await project.json('audit', 'verify')).toMatchObject({ ok: true, head: expect.any(String) });
    expect((await project.json('job', 'list')).jobs.length).toBeGreaterThan(4);
    expect(JSON.stringify(await project.json('plugin', 'list'))).toContain('monitoring');
    const doctor = await project.json('doctor', '--deep');
    expect(doctor).toMatchObject({ ok: true, store: { ok: true }, plugins: expect.any(Array) });
    expect(doctor.devices).toContainEqual(expect.objectContaining({ name: 'wasm', available: true }));
  });

  it.each([
    ['a model', ['model', 'show', 'specis'], 'TRS_REGISTRY_UNKNOWN_MODEL', '"species"'],
    ['a version', ['model', 'show', 'species@9'], 'TRS_REGISTRY_UNKNOWN_VERSION', ''],
    ['an alias', ['model', 'show', 'answers@champoin'], 'TRS_REGISTRY_UNKNOWN_ALIAS', '"champion"'],
    ['a dataset', ['data', 'show', 'wether'], 'TRS_DATA_UNKNOWN_DATASET', '"weather"'],
    ['a dataset version', ['data', 'show', 'weather@7'], 'TRS_DATA_UNKNOWN_VERSION', ''],
    ['a deployment', ['deployment', 'show', 'lve'], 'TRS_SERVING_UNKNOWN_DEPLOYMENT', '"live"'],
    ['a run', ['run', 'show', 'r-nobody'], 'TRS_TRAIN_UNKNOWN_RUN', ''],
    ['anything to trace', ['trace', 'nothing-of-it'], 'TRS_SYSTEM_TRACE_UNKNOWN', ''],
  ])(
    'an unknown name of %s is wrong input, with exit code 2 and the nearest one',
    async (_, args, code, nearest) => {
      const failed = await failure(project, ...args);
      expect(failed).toMatchObject({ exit: 2, code });
      expect(failed.message).toContain(nearest);
      expect(failed.hint).not.toBe('');
    },
  );

  it.each([
    ['a target that is not there', ['--data', 'weather', '--target', 'temp_mx'], 'TRS_TRAIN_UNKNOWN_COLUMN'],
    [
      'an estimator that is not there',
      ['--data', 'weather', '--target', 'wind', '--estimator', 'svm'],
      'TRS_TRAIN_ESTIMATOR_UNAVAILABLE',
    ],
    [
      'a share that is none',
      ['--data', 'weather', '--target', 'wind', '--test', '2'],
      'TRS_KERNEL_INPUT_INVALID',
    ],
    [
      'a task that does not suit',
      ['--data', 'penguins', '--target', 'Species', '--task', 'regression'],
      'TRS_TRAIN_TASK',
    ],
  ])('train refuses %s with exit code 2, and makes no run', async (_, args, code) => {
    const before = (await project.json('run', 'list')).runs.length;
    const { exit, code: found } = await failure(project, 'train', ...args);
    expect([exit, found]).toEqual([2, code]);
    expect((await project.json('run', 'list')).runs).toHaveLength(before);
  });
});
