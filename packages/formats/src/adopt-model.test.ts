import { readFileSync } from 'node:fs';
import { link, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openModel, type Row } from '@trestle/model';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adoptModel } from './index.ts';

interface Fixture {
  /** In base64, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
  readonly answers: readonly Row[];
}

/** `fixtures/foreign-models.py` makes it, with what the libraries themselves predict. */
const fixtures: Readonly<Record<string, Fixture>> = JSON.parse(
  await readFile(new URL('./fixtures/foreign-models.json', import.meta.url), 'utf8'),
);
const fixtureOf = (name: string): Fixture => {
  const found = fixtures[name];
  if (!found) throw new Error(`the fixture ${name} is not there`);
  return found;
};

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trestle-formats-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const write = async (path: string, content: string | Uint8Array): Promise<string> => {
  await mkdir(dirname(join(dir, path)), { recursive: true });
  await writeFile(join(dir, path), content);
  return join(dir, path);
};
/** @returns the first file */
const writeFixture = async ({ files }: Fixture, folder = ''): Promise<string> => {
  const paths: string[] = [];
  for (const [path, content] of Object.entries(files))
    paths.push(await write(join(folder, path), Buffer.from(content, 'base64')));
  return paths[0] ?? '';
};
const adopt = (path: string, examples?: readonly Row[], maxBytes = 2 ** 24) =>
  adoptModel(path, { name: 'm', maxBytes, examples });

describe('a model of another library', () => {
  it.each(Object.keys(fixtures))('answers as it does there: %s', async (name) => {
    const fixture = fixtureOf(name);
    const path = await writeFixture(fixture);
    // What it must answer is among the examples: they are refused where one differs.
    const examples = fixture.rows.map((row, at) => ({ ...row, ...fixture.answers[at] }));
    const adopted = await adopt(path, examples);
    const model = await openModel(adopted.package);
    expect(await model.verify()).toMatchObject({
      verified: true,
      checks: [{ detail: expect.stringContaining(`${fixture.rows.length} of ${fixture.rows.length}`) }],
    });
    expect(model.card).toContain('SHA-256');
    await expect(
      adopt(path, [{ ...examples[0], ...changedAnswer(fixture.answers[0] ?? {}) }]),
    ).rejects.toMatchObject({
      code: 'TRS_FORMATS_EXAMPLE_DIFFERS',
    });
  });

  it.each(Object.keys(fixtures))('makes examples of its own, the same each time: %s', async (name) => {
    const path = await writeFixture(fixtureOf(name));
    const [first, second] = [await adopt(path), await adopt(path)];
    expect(first.package).toEqual(second.package);
    const model = await openModel(first.package);
    const { checks } = await model.verify();
    expect(checks[0]?.detail).toMatch(/^\d+ of \d+ answered/);
    expect(model.origin).toMatchObject({
      framework: expect.stringMatching(/^(XGBoost 1\.7|skl2onnx 1\.14|pytorch 1\.13)/),
    });
  });

  it('is one file, whatever its tensors are kept in', async () => {
    const { package: bytes } = await adopt(await writeFixture(fixtureOf('pytorch with external data')));
    await rm(join(dir, 'weights.bin'));
    expect((await openModel(bytes)).origin?.format).toBe('ONNX with external data');
  });

  it('says what it takes and what it does not know', async () => {
    const { package: bytes } = await adopt(await writeFixture(fixtureOf('xgboost json')));
    const { card, features, metadata } = await openModel(bytes);
    expect(features.map(({ name }) => name)).toEqual(['age', 'days since', 'city']);
    expect(metadata?.schema).toMatchObject({ task: 'binary', classes: ['0', '1'] });
    expect(card).toContain('made by XGBoost 1.7.4');
    expect(card).toContain('What is not known');
  });

  it('of two calls answers rows whose lists lie in each other, or in a row', async () => {
    const { package: bytes } = await adopt(await writeFixture(fixtureOf('scikit-learn forest')));
    const model = await openModel(bytes);
    expect(await model.predict([{ X: [1, 2, 3, 4] }])).toEqual(await model.predict([{ X: [[1, 2, 3, 4]] }]));
    await expect(model.predict([{ X: [1, 2, 3, 4] }, { X: [1, 2, 3] }])).rejects.toMatchObject({
      code: 'TRS_MODEL_ROW_INVALID',
      details: { row: 1, field: 'X', reason: 'it is [3], and the model takes [4]' },
    });
    await expect(model.predict([{ X: [1, 'b', 3, 4] }])).rejects.toMatchObject({
      details: { reason: 'element 1 is "b", and not a number that the model can take' },
    });
  });
});

/** The first number or text of an answer, made another. */
const changedAnswer = (answer: Row): Row => {
  const [[name, value] = ['', 0]] = Object.entries(answer);
  if (typeof value === 'number') return { [name]: value + 0.5 };
  return { [name]: Array.isArray(value) ? [9, ...value.slice(1)] : 'another' };
};

const mlmodel = (flavour: string, data: string, columns: readonly string[], more = '') =>
  [
    'artifact_path: model',
    'flavors:',
    `  ${flavour}:`,
    `    data: ${data}`,
    '    xgb_version: 1.7.4',
    '  python_function:',
    '    loader_module: mlflow.xgboost',
    'mlflow_version: 2.9.2',
    'signature:',
    `  inputs: '${JSON.stringify(columns.map((name) => ({ type: 'double', name, required: true })))}'`,
    '  outputs: \'[{"type": "float"}]\'',
    "utc_time_created: '2026-11-30 12:00:00.000000'",
    more,
  ].join('\n');

describe('a folder of MLflow', () => {
  it('is the model of its flavour, with its example', async () => {
    const fixture = fixtureOf('xgboost ubjson');
    await writeFixture({ ...fixture, files: { 'model.xgb': fixture.files['model.ubj'] ?? '' } });
    const columns = ['age', 'days since', 'city'];
    const example = { columns, data: fixture.rows.map((row) => columns.map((name) => row[name])) };
    await write('input_example.json', JSON.stringify(example));
    const info =
      'saved_input_example_info:\n  artifact_path: input_example.json\n  type: dataframe\n  pandas_orient: split';
    await write('MLmodel', mlmodel('xgboost', 'model.xgb', columns, info));
    const { origin, package: bytes } = await adopt(dir);
    expect(origin).toMatchObject({ format: 'MLflow, XGBoost UBJSON', framework: 'XGBoost 1.7.4' });
    const { metadata } = await openModel(bytes);
    expect(metadata?.golden.rows).toEqual(fixture.rows);
    for (const [at, { probability }] of fixture.answers.entries())
      expect(metadata?.golden.predictions[at]?.probability).toBeCloseTo(Number(probability), 6);
  });

  it('gives the columns of a matrix the names of its signature', async () => {
    const { files, rows, answers } = fixtureOf('scikit-learn forest');
    await writeFixture({ files: { 'model.onnx': files['forest.onnx'] ?? '' }, rows, answers });
    const columns = ['a', 'b', 'c', 'd'];
    await write('MLmodel', mlmodel('onnx', 'model.onnx', columns));
    const model = await openModel((await adopt(dir)).package);
    const named = rows.map(({ X }) =>
      Object.fromEntries([X].flat().map((value, at) => [columns[at], value])),
    );
    expect(model.features.map(({ name }) => name)).toEqual(columns);
    expect((await model.predict(named)).map(({ label }) => label)).toEqual(answers.map(({ label }) => label));
    await write('MLmodel', mlmodel('onnx', 'model.onnx', ['a', 'b']));
    await expect(adopt(dir)).rejects.toMatchObject({ code: 'TRS_FORMATS_COLUMNS_DIFFER' });
  });

  it.each([
    ['sklearn', 'skl2onnx'],
    ['pytorch', 'torch.onnx.export'],
    ['prophet', 'mlflow.onnx'],
  ])('is refused with what to log instead: %s', async (flavour, word) => {
    await write('model.pkl', '');
    await write('MLmodel', mlmodel(flavour, 'model.pkl', ['a']));
    await expect(adopt(dir)).rejects.toMatchObject({
      code: 'TRS_FORMATS_REFUSED',
      hint: expect.stringContaining(word),
    });
  });

  it.each([
    ['no YAML', 'a: [', 'no YAML'],
    ['no flavour', 'a: 1', 'flavors'],
    ['another file', mlmodel('onnx', '../model.onnx', []), 'is not there'],
    ['lists without end', `flavors: ${'['.repeat(100_000)}`, 'no YAML'],
    [
      'names that name each other',
      `a: &a [${'x,'.repeat(9)}]\n${Array.from({ length: 30 }, (_, at) => `b${at}: &b${at} [${`*${at ? `b${at - 1}` : 'a'},`.repeat(9)}]`).join('\n')}`,
      'no YAML',
    ],
  ])('is refused where MLmodel is of %s', async (_, text, word) => {
    await write('MLmodel', text);
    await expect(adopt(dir)).rejects.toMatchObject({
      code: 'TRS_FORMATS_DAMAGED',
      message: expect.stringContaining(word),
    });
  });
});

describe('what is no model, or no whole one', () => {
  const zipOf = (name: string) => `PK\x03\x04${'\0'.repeat(22)}\x10\0\0\0${name}`;
  it.each([
    ['a pickle', '\x80\x04\x95', 'skl2onnx'],
    ['PyTorch', zipOf('archive/data.pkl'), 'torch.onnx.export'],
    ['Keras 3', zipOf('model.weights.h5'), 'model.export'],
    ['NumPy', zipOf('arr_0.npy'), 'torch.onnx.export'],
    ['another zip', zipOf('a.txt'), 'Unpack'],
    ['HDF5', '\x89HDF\r\n\x1a\n', 'tf2onnx'],
    ['safetensors', '\x40\0\0\0\0\0\0\0{"a": {"dtype": "F32"}}', 'optimum-cli'],
    ['TensorFlow.js', '{"format": "layers-model"}', 'tensorflowjs_converter'],
    ['TensorFlow Lite', '\x1c\0\0\0TFL3', 'tf2onnx'],
    ['CatBoost', 'CBM1', 'format="onnx"'],
    ['GGUF', 'GGUF\x03', 'optimum-cli'],
    ['PMML', '<?xml version="1.0"?>\n<PMML version="4.4">', 'skl2onnx'],
    ['gzip', '\x1f\x8b\x08', 'gunzip'],
    ['a page', '<html>', 'ONNX'],
    ['nothing', '', 'ONNX'],
  ])('is refused with what to do, whatever it is called: %s', async (_, content, word) => {
    const path = await write('model.bin', Buffer.from(content, 'latin1'));
    await expect(adopt(path)).rejects.toMatchObject({
      code: 'TRS_FORMATS_REFUSED',
      hint: expect.stringContaining(word),
    });
  });

  it.each([
    ['weights of PyTorch', { 'config.json': '{}', 'pytorch_model.bin': '' }, 'optimum-cli'],
    ['safetensors', { 'config.json': '{}', 'model.safetensors': '' }, 'optimum-cli'],
    ['a SavedModel', { 'saved_model.pb': '', 'variables/variables.index': '' }, 'tf2onnx'],
    ['two graphs', { 'a.onnx': '', 'b.onnx': '' }, 'a.onnx, b.onnx'],
    ['other files', { 'a.txt': '' }, 'MLmodel'],
  ])('is refused as a folder with what to do: %s', async (_, files, word) => {
    for (const [path, content] of Object.entries(files)) await write(path, content);
    await expect(adopt(dir)).rejects.toMatchObject({
      code: 'TRS_FORMATS_REFUSED',
      hint: expect.stringContaining(word),
    });
  });

  it('is refused beyond the bytes that are allowed before it is read', async () => {
    const path = await write('model.onnx', '\x08\x08');
    await truncate(path, 2 ** 30);
    await expect(adopt(path)).rejects.toMatchObject({ code: 'TRS_FORMATS_TOO_LARGE', kind: 'too-large' });
  });

  it.each(['xgboost json', 'xgboost ubjson', 'scikit-learn forest'])(
    'is refused wherever it is cut off: %s',
    async (name) => {
      const path = await writeFixture(fixtureOf(name));
      const whole = await readFile(path);
      for (let share = 0; share < 20; share++) {
        await truncate(path, Math.floor((whole.length * share) / 20));
        await expect(adopt(path), `at ${share} of 20`).rejects.toMatchObject({
          code: expect.stringMatching(/^TRS_(TREES|ONNX|FORMATS)_/),
        });
        await writeFile(path, whole);
      }
    },
  );

  it.each([
    ['lists in lists', `{"learner":${'['.repeat(10_000_000)}`],
    ['many lists', `{"learner":[${'[],'.repeat(17_000_000)}[]]}`],
  ])('is refused before its lists take memory: %s', async (_, text) => {
    const path = await write('model.json', text);
    await expect(adopt(path, undefined, 2 ** 27)).rejects.toMatchObject({ code: 'TRS_TREES_MODEL' });
  });
});

describe('a model of which bytes were changed', () => {
  const texts: Readonly<Record<string, Fixture>> = JSON.parse(
    readFileSync(new URL('./fixtures/text-models.json', import.meta.url), 'utf8'),
  );
  const all = { ...fixtures, ...texts };
  const change = fc.record({
    at: fc.nat(1_000_000),
    byte: fc.nat(255),
    cut: fc.boolean(),
  });

  it('is taken, or refused with a code, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(all)),
        fc.nat(5),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        async ({ files, rows, answers }, which, changes) => {
          const paths = Object.keys(files);
          const target = paths[which % paths.length] ?? '';
          let bytes = Buffer.from(files[target] ?? '', 'base64');
          for (const { at, byte, cut } of changes) {
            if (cut) bytes = bytes.subarray(0, 1 + (at % bytes.length));
            bytes[at % bytes.length] = byte;
          }
          const changed = { files: { ...files, [target]: bytes.toString('base64') }, rows, answers };
          const first = await writeFixture(changed, 'changed');
          const isFolder = paths.some((path) => path.includes('/'));
          try {
            await adopt(isFolder ? join(dir, 'changed') : first);
          } catch (error) {
            expect(error).toHaveProperty('code', expect.stringMatching(/^TRS_/));
          } finally {
            await rm(join(dir, 'changed'), { recursive: true });
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('files beside a graph', () => {
  const { files } = fixtureOf('pytorch with external data');
  const graph = Buffer.from(files['net.onnx'] ?? '', 'base64');
  /** The same graph with another name of its file, as long as the first. */
  const naming = (location: string) =>
    Buffer.from(graph.toString('latin1').replaceAll('weights.bin', location), 'latin1');

  it.each([
    ['climbs', '../weights.', 'TRS_DOOR_PATH_REFUSED'],
    ['is absolute', '/etc/passwd', 'TRS_DOOR_PATH_REFUSED'],
    ['is not there', 'weights.abc', 'TRS_FORMATS_FILE_MISSING'],
    ['is a device', 'con/aux.bin', 'TRS_DOOR_PATH_REFUSED'],
    ['is the folder', './././././', 'TRS_DOOR_PATH_REFUSED'],
  ])('are refused: one %s', async (_, location, code) => {
    expect(location.length === 11 || location === './././././').toBe(true);
    const path = await write('net.onnx', naming(location.padEnd(11, '/')));
    await expect(adopt(path)).rejects.toMatchObject({ code });
  });

  it('are refused where one is a link, or has a name elsewhere', async () => {
    const path = await write('net.onnx', graph);
    const weights = await write('elsewhere.bin', Buffer.from(files['weights.bin'] ?? '', 'base64'));
    await symlink(weights, join(dir, 'weights.bin'));
    await expect(adopt(path)).rejects.toMatchObject({ code: 'TRS_DOOR_PATH_REFUSED' });
    await rm(join(dir, 'weights.bin'));
    await link(weights, join(dir, 'weights.bin'));
    await expect(adopt(path)).rejects.toMatchObject({ code: 'TRS_FORMATS_LINKED_FILE' });
  });

  it('are refused where one is cut off', async () => {
    const path = await write('net.onnx', graph);
    await write('weights.bin', Buffer.from(files['weights.bin'] ?? '', 'base64').subarray(0, 900));
    await expect(adopt(path)).rejects.toMatchObject({
      code: 'TRS_FORMATS_PART_MISSING',
      message: expect.stringContaining('900'),
    });
  });
});
