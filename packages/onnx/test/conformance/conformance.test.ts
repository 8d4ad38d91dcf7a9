import process from 'node:process';
import { openDevice, setDefaultDevice } from '@trestle/core';
import { describe, expect, it } from 'vitest';
import { readModel } from '../../src/format/read-model.ts';
import { openSession } from '../../src/session/session.ts';
import { CASES_FOLDER, conformanceCases, dataSets, modelBytes, NEWER_FOLDER } from './cases.ts';
import exceptions from './exceptions.json' with { type: 'json' };
import { differenceOf } from './judge.ts';

// By hand also on a GPU: TRESTLE_DEVICE=webgpu, with what "on the core" then means.
if (process.env.TRESTLE_DEVICE !== undefined) setDefaultDevice(await openDevice());

const cases = conformanceCases();
/** Made by hand, and tried where their folder is named. */
const newer = NEWER_FOLDER === undefined ? [] : conformanceCases(NEWER_FOLDER);
const isIn = (list: object, name: string): boolean => Object.hasOwn(list, name);
const compared = [
  ...cases.filter(({ name }) => !isIn(exceptions.refused, name) && !isIn(exceptions.faulty, name)),
  ...newer.filter(
    ({ name }) => !isIn(exceptions.newer.refused, name) && !isIn(exceptions.newer.faulty, name),
  ),
];

if (cases.length === 0)
  console.warn(`There are no conformance cases in ${CASES_FOLDER} (Debian's package libonnx-testdata).`);

it.skipIf(process.env.TRESTLE_REQUIRE_ONNX_DATA !== '1')('the cases are there', () => {
  expect(cases.length).toBeGreaterThan(1000);
});

// Small nodes are computed on the host; with no work too small for it, the core computes what it can.
describe.skipIf(compared.length === 0).each([
  ['as it chooses', undefined],
  ['on the core', 0],
])('the conformance cases of ONNX, %s', (_, coreWork) => {
  it.each(compared)('$kind $name', async (one) => {
    const session = await openSession(readModel(modelBytes(one)), coreWork === undefined ? {} : { coreWork });
    for (const { inputs, outputs } of dataSets(one, session.inputs, session.outputs)) {
      const found = await session.run(inputs);
      for (const [name, wanted] of Object.entries(outputs)) {
        if (!isIn(exceptions.random, one.name)) {
          expect(differenceOf(found[name], wanted, name)).toBeUndefined();
          continue;
        }
        expect([found[name]?.type, found[name]?.dims]).toEqual([wanted.type, wanted.dims]);
        expect(
          Array.from<unknown>(found[name]?.data ?? []).every((value) => value === 0 || value === 1),
        ).toBe(true);
      }
    }
  });
});

describe.skipIf(cases.length === 0)('what is refused', () => {
  it.each(Object.keys(exceptions.refused))('%s is refused by name when it is opened', async (name) => {
    const one = cases.find((other) => other.name === name);
    if (!one) throw new Error(`There is no case ${name}.`);
    await expect(openSession(readModel(modelBytes(one)))).rejects.toMatchObject({
      code: 'TRS_ONNX_OPERATOR',
    });
  });
});
