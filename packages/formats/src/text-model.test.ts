import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Model, openModel, type Row } from '@trestle/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adoptModel } from './index.ts';

interface Fixture {
  /** In base64, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
  /** What the texts become, worked out by hand. */
  readonly tokens: readonly (readonly number[])[];
  readonly answers: readonly Row[];
}

/** `fixtures/text-models.py` makes it, with what PyTorch says. */
const fixtures: Readonly<Record<string, Fixture>> = JSON.parse(
  await readFile(new URL('./fixtures/text-models.json', import.meta.url), 'utf8'),
);
const fixtureOf = (name: string): Fixture => {
  const found = fixtures[name];
  if (!found) throw new Error(`the fixture ${name} is not there`);
  return found;
};

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trestle-texts-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** A fixture's folder, some of its JSON files changed or left out. */
async function folder({ files }: Fixture, changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    const change = changes[path];
    if (change === null) continue;
    const bytes = Buffer.from(content, 'base64');
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(
      join(dir, path),
      change === undefined ? bytes : JSON.stringify({ ...JSON.parse(bytes.toString()), ...Object(change) }),
    );
  }
  return dir;
}
const adopt = (path: string, examples?: readonly Row[]) =>
  adoptModel(path, { name: 'm', maxBytes: 2 ** 24, examples });
const open = async (name: string, changes?: Readonly<Record<string, unknown>>): Promise<Model> =>
  await openModel((await adopt(await folder(fixtureOf(name), changes))).package);

describe('a text model of a folder', () => {
  it.each(Object.keys(fixtures))('answers texts as PyTorch does: %s', async (name) => {
    const { rows, answers } = fixtureOf(name);
    const path = await folder(fixtureOf(name));
    const { package: bytes, origin } = await adopt(
      path,
      rows.map((row, at) => ({ ...row, ...answers[at] })),
    );
    expect(origin?.format).toContain('Hugging Face');
    const model = await openModel(bytes);
    expect(await model.verify()).toMatchObject({ verified: true });
    expect(model.features[0]).toEqual({ name: 'text', type: 'text', nullable: false });
    // Each alone, and so without padding, is answered alike.
    const together = await model.predict(rows);
    for (const [at, row] of rows.entries()) {
      const [alone] = await model.predict([row]);
      expect(JSON.stringify(rounded(alone))).toBe(JSON.stringify(rounded(together[at])));
    }
  });

  it.each(Object.keys(fixtures))('makes examples of its own: %s', async (name) => {
    const model = await open(name);
    expect((await model.verify()).checks[0]?.detail).toMatch(/^\d of \d answered/);
  });

  it('refuses a text with more tokens than it takes, by row', async () => {
    const model = await open('sentence encoder');
    await expect(model.predict([{ text: 'run' }, { text: 'run '.repeat(70) }])).rejects.toMatchObject({
      code: 'TRS_MODEL_ROW_INVALID',
      details: { row: 1, field: 'text', reason: 'it has 72 tokens, and the model takes 64' },
    });
    await expect(model.predict([{ text: 7 }])).rejects.toMatchObject({
      details: { reason: 'it must be a text' },
    });
    await expect(model.predict([{ text: 'a', title: 'b' }])).rejects.toMatchObject({
      details: { field: 'title' },
    });
    expect(model.refused({ text: 'run '.repeat(70) })).toMatchObject({ field: 'text' });
    expect(model.refused({ text: 'run' })).toBeUndefined();
  });

  it('is a package like any other where it tells classes', async () => {
    const model = await open('classifier of three');
    expect(model.metadata?.schema).toMatchObject({ task: 'multiclass', classes: ['bad', 'so-so', 'good'] });
  });
});

/** Numbers to five digits: other shapes round differently. */
const rounded = (value: unknown): unknown => {
  if (typeof value === 'number') return Math.round(value * 1e5) / 1e5;
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, rounded(one)]));
};

describe('a decoder', () => {
  const textOf = async (model: Model, row: Row, isStopped?: () => boolean) => {
    const found: string[] = [];
    for await (const { text } of model.generate?.(row, isStopped) ?? []) found.push(text);
    return found;
  };

  it('writes piece by piece what it writes at once', async () => {
    const { rows, answers } = fixtureOf('decoder');
    const model = await open('decoder');
    const pieces = await textOf(model, rows[0] ?? {});
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('')).toBe(answers[0]?.text);
  });

  it('draws the same for the same seed, and others for others', async () => {
    const model = await open('decoder');
    const drawn = async (seed: number) =>
      (await textOf(model, { text: 'on', temperature: 1, max_tokens: 20, seed })).join('');
    expect(await drawn(1)).toBe(await drawn(1));
    expect(await drawn(1)).not.toBe(await drawn(2));
    const [greedy, first] = [{ text: 'on' }, { text: 'on', temperature: 5, top_k: 1 }];
    expect(await textOf(model, first)).toEqual(await textOf(model, greedy));
  });

  it('ends where its end token comes, or its caller goes', async () => {
    const { rows, tokens } = fixtureOf('decoder');
    const model = await open('decoder');
    const [whole] = await model.predict([{ ...rows[0], max_tokens: 1 }]);
    expect(whole).toMatchObject({ tokens: 1, finish: 'length' });
    // Every token ends it.
    const all = Array.from({ length: 262 }, (_, token) => token);
    const ended = await open('decoder', { 'generation_config.json': { eos_token_id: all } });
    expect(await ended.predict(rows)).toEqual(rows.map(() => ({ text: '', tokens: 0, finish: 'stop' })));
    expect(tokens[0]).toHaveLength(4);
    let steps = 0;
    const stopped = await textOf(model, rows[0] ?? {}, () => steps++ >= 6);
    const full = await textOf(model, rows[0] ?? {});
    expect(stopped).toEqual(full.slice(0, stopped.length));
    expect(stopped.length).toBeLessThan(full.length);
  });

  it.each([
    ['temperature', -1],
    ['top_p', 0],
    ['top_k', 0.5],
    ['max_tokens', 0],
    ['seed', 'x'],
  ])('refuses %s %s', async (name, value) => {
    const model = await open('decoder');
    await expect(model.predict([{ text: 'on', [name]: value }])).rejects.toMatchObject({
      code: 'TRS_MODEL_ROW_INVALID',
      details: { field: name },
    });
  });
});

describe('a folder that is not honoured', () => {
  it.each([
    [
      'another task',
      'sentence encoder',
      { 'onnx/model.onnx': undefined, 'config.json': { architectures: ['BertForTokenClassification'] } },
      undefined,
    ],
    [
      'several labels at once',
      'classifier of three',
      { 'config.json': { problem_type: 'multi_label_classification' } },
      'multi_label',
    ],
    [
      'too few labels',
      'classifier of three',
      { 'config.json': { id2label: { '0': 'a' } } },
      'names 1 labels',
    ],
    [
      'another pooling',
      'sentence encoder',
      { '1_Pooling/config.json': { pooling_mode_max_tokens: true } },
      'pooling_mode_max_tokens',
    ],
    [
      'an encoder-decoder',
      'decoder',
      { 'config.json': { architectures: ['T5ForConditionalGeneration'] } },
      'T5ForConditionalGeneration',
    ],
  ])('is refused by name: %s', async (_, name, changes, word) => {
    const path = await folder(fixtureOf(name), changes);
    if (word === undefined) return void (await adopt(path));
    await expect(adopt(path)).rejects.toMatchObject({
      code: 'TRS_FORMATS_REFUSED',
      message: expect.stringContaining(word),
    });
  });

  it('takes tensors without a tokeniser, and says so', async () => {
    const { origin } = await adopt(await folder(fixtureOf('sentence encoder'), { 'tokenizer.json': null }));
    expect(origin?.notes.join()).toContain('no tokenizer.json');
  });

  it.each([
    [
      'a pattern that explodes',
      { pre_tokenizer: { type: 'Split', pattern: { Regex: '(?:a+)+$' }, behavior: 'Isolated' } },
      'may take for ever',
    ],
    ['a model that nobody knows', { model: { type: 'Other', vocab: {} } }, 'cannot be used'],
    ['no model', { model: undefined }, 'cannot be used'],
  ])('is refused with its tokeniser: %s', async (_, change, word) => {
    await expect(
      adopt(await folder(fixtureOf('sentence encoder'), { 'tokenizer.json': change })),
    ).rejects.toMatchObject({
      code: 'TRS_MODEL_TOKENIZER',
      message: expect.stringContaining(word),
    });
  });
});
