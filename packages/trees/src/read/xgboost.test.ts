import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { predict, predictRow, rawScores, readXgboost, shapValues, TreesError } from '../index.ts';
import { readUbjson } from './ubjson.ts';

interface Fixture {
  readonly name: string;
  readonly width: number;
  readonly rows: readonly (readonly (number | null)[])[];
  readonly margins: readonly number[];
  readonly predictions: readonly number[];
  /** The text of the file, which is not quite JSON. */
  readonly json: string;
  readonly ubjson: string;
}

/** `fixtures/xgboost-models.py` makes it. */
const fixtures: readonly Fixture[] = JSON.parse(
  readFileSync(new URL('../fixtures/xgboost-models.json', import.meta.url), 'utf8'),
);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const fixtureOf = (name: string): Fixture => {
  const found = fixtures.find((one) => one.name === name);
  if (!found) throw new Error(`the fixture ${name} is not there`);
  return found;
};
/** 1e-6 of the numbers, as XGBoost adds up in float32. */
const isNear = (found: number | undefined, expected: number): boolean =>
  Math.abs((found ?? Number.NaN) - expected) <= 1e-6 * Math.max(1, Math.abs(expected));

describe('a model of XGBoost', () => {
  for (const { name, width, rows, margins, predictions, json, ubjson } of fixtures)
    it(`predicts the same here: ${name}`, () => {
      const table = {
        rows: rows.length,
        width,
        matrix: Float32Array.from(rows.flat(), (value) => value ?? Number.NaN),
      };
      const forest = readXgboost(bytesOf(json));
      const [scores, found] = [rawScores(forest, table), predict(forest, table)];
      expect([scores.length, found.length]).toEqual([margins.length, predictions.length]);
      for (const [at, margin] of margins.entries())
        expect(isNear(scores[at], margin), `margin ${at}: ${scores[at]}, ${margin}`).toBe(true);
      for (const [at, prediction] of predictions.entries())
        expect(isNear(found[at], prediction), `prediction ${at}: ${found[at]}, ${prediction}`).toBe(true);
      expect(readXgboost(Buffer.from(ubjson, 'base64'))).toEqual(forest);
    });

  it('explains each row, adding up to its score', () => {
    const forest = readXgboost(bytesOf(fixtureOf('squared error').json));
    const row = [0.3, Number.NaN, -1, 2];
    const sum = shapValues(forest, row).reduce((all, own) => all + own, 0);
    expect(sum).toBeCloseTo(predictRow(forest, row)[0] ?? Number.NaN, 6);
  });
});

/** Some of the nested fields of a model, changed. */
function changed(model: unknown, path: readonly string[], value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (Array.isArray(model))
    return model.map((one, at) => (String(at) === first ? changed(one, rest, value) : one));
  return { ...Object(model), [first]: changed(Object(model)[first], rest, value) };
}

describe('what is no model of XGBoost', () => {
  const { json } = fixtureOf('categories one by one');
  const { ubjson } = fixtureOf('dart');
  const TREE = ['learner', 'gradient_booster', 'model', 'trees', '0'];

  it.each([
    [['learner', 'objective', 'name'], 'binary:hinge', 'binary:hinge'],
    [['learner', 'gradient_booster', 'name'], 'gblinear', 'gblinear'],
    [['learner', 'learner_model_param', 'num_feature'], '2', 'column'],
    [['learner', 'learner_model_param', 'num_class'], '1e9', 'num_class'],
    [['learner', 'learner_model_param', 'base_score'], '0', 'base_score'],
    [['learner', 'gradient_booster', 'model', 'tree_info'], [7], 'tree_info'],
    [[...TREE, 'tree_param', 'size_leaf_vector'], '3', 'vectors'],
    [[...TREE, 'left_children', '0'], 0, 'two ways'],
    [[...TREE, 'right_children', '0'], 1e6, 'no node'],
    [[...TREE, 'split_conditions', '7'], 'NaN', 'finite'],
    [[...TREE, 'categories'], [], 'categories'],
    [[...TREE, 'categories', '0'], 70_000, 'Category 70000'],
    [[...TREE, 'split_indices'], [], 'split_indices'],
  ])('is refused by name where %j is %j', (path, value, word) => {
    expect(() =>
      readXgboost(bytesOf(JSON.stringify(changed(JSON.parse(json.replaceAll('NaN', 'null')), path, value)))),
    ).toThrow(expect.objectContaining({ code: 'TRS_TREES_MODEL', message: expect.stringContaining(word) }));
  });

  it('is refused where it is cut off, at any byte', () => {
    const whole = bytesOf(json);
    const binary = Buffer.from(ubjson, 'base64');
    fc.assert(
      fc.property(fc.nat(), fc.boolean(), (at, isBinary) => {
        const bytes = isBinary ? binary : whole;
        expect(() => readXgboost(bytes.subarray(0, at % bytes.length))).toThrow(
          expect.objectContaining({ code: 'TRS_TREES_MODEL' }),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('is refused or answers, whatever bytes are changed', () => {
    const [whole, binary] = [bytesOf(json), Buffer.from(ubjson, 'base64')];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (changes, isBinary) => {
          const bytes = Uint8Array.from(isBinary ? binary : whole);
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
          try {
            const forest = readXgboost(bytes);
            expect(predictRow(forest, new Float64Array(forest.width))).toHaveLength(forest.outputs);
          } catch (error) {
            expect(error).toBeInstanceOf(TreesError);
          }
        },
      ),
      { numRuns: 600 },
    );
  });

  it.each([
    [[0x7b, 0x55, 1, 0x61, 0x5b, 0x24, 0x5a, 0x23, 0x4c, 0, 0, 0, 0x7f, 0, 0, 0, 0]],
    [[0x5b, 0x23, 0x4c, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    [[0x5b, 0x24, 0x4e, 0x23, 0x55, 200]],
    [new Array<number>(100_000).fill(0x5b)],
    [[0x5a, 0x5a]],
    [[]],
  ])('in UBJSON neither fills the memory nor the stack (%#)', (bytes) => {
    expect(() => readUbjson(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ code: 'TRS_TREES_MODEL' }),
    );
  });
});
