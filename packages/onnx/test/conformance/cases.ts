import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_LIMITS, newBudget } from '../../src/format/budget.ts';
import type { ValueData, ValueInfo } from '../../src/format/model.ts';
import { readValue } from '../../src/format/read-value.ts';

/** Debian's package libonnx-testdata: the cases of ONNX 1.12, with what they give. */
export const CASES_FOLDER = '/usr/share/libonnx-testdata/data';

/**
 * Where newer cases are, if somebody has made them: `python -m onnx.backend.test.cmd_tools generate-data -o FOLDER` of the wanted
 * version of ONNX writes them.
 */
export const NEWER_FOLDER = process.env.TRESTLE_ONNX_CASES;

/** Kinds of cases that are files alone; the whole networks ("real") are named there, and not in the package. */
const KINDS = ['node', 'simple', 'pytorch-converted', 'pytorch-operator'];

export interface Case {
  readonly kind: string;
  readonly name: string;
  readonly folder: string;
}

/** All cases of a folder; none where there is none. */
export function conformanceCases(root = CASES_FOLDER): Case[] {
  return KINDS.flatMap((kind) => {
    const folder = join(root, kind);
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .map((name) => ({ kind, name, folder: join(folder, name) }))
      .filter((one) => existsSync(join(one.folder, 'model.onnx')));
  });
}

export const modelBytes = (one: Case): Uint8Array =>
  new Uint8Array(readFileSync(join(one.folder, 'model.onnx')));

/** The sets of inputs and outputs of a case, by the names of the model. */
export function dataSets(
  one: Case,
  inputs: readonly ValueInfo[],
  outputs: readonly ValueInfo[],
): { readonly inputs: Record<string, ValueData>; readonly outputs: Record<string, ValueData> }[] {
  const sets = readdirSync(one.folder).filter((name) => name.startsWith('test_data_set_'));
  return sets.map((set) => {
    const read = (infos: readonly ValueInfo[], what: string): Record<string, ValueData> =>
      Object.fromEntries(
        infos.flatMap((info, index) => {
          const path = join(one.folder, set, `${what}_${index}.pb`);
          return existsSync(path) ? [[info.name, readFile(path, info)]] : [];
        }),
      );
    return { inputs: read(inputs, 'input'), outputs: read(outputs, 'output') };
  });
}

function readFile(path: string, { type }: ValueInfo): ValueData {
  const value = readValue(new Uint8Array(readFileSync(path)), type, newBudget(DEFAULT_LIMITS));
  // ONNX 1.12 writes bfloat16 as the integers of its codes.
  if (type !== 'bfloat16' || value.type !== 'uint16' || !value.data) return value;
  const codes = Uint32Array.from<unknown>(value.data as Iterable<unknown>, (code) => Number(code) << 16);
  return { ...value, type, data: new Float32Array(codes.buffer) };
}

/** What ONNX's own runner allows: numpy.testing.assert_allclose with these. */
const RELATIVE = 1e-3;
const ABSOLUTE = 1e-7;

/** Where a value differs from what is expected, in words; undefined where it does not. */
export function differenceOf(found: ValueData | undefined, wanted: ValueData, path = ''): string | undefined {
  if (!found || found.type !== wanted.type) return `${path} is ${found?.type}, and must be ${wanted.type}`;
  if ('items' in wanted) {
    if (!('items' in found) || found.items.length !== wanted.items.length)
      return `${path} differs in its items`;
    for (const [at, item] of wanted.items.entries()) {
      const difference = differenceOf(found.items[at], item, `${path}[${at}]`);
      if (difference) return difference;
    }
    return undefined;
  }
  if (!wanted.data || !found.data) return `${path} is no tensor`;
  if (found.dims.join() !== wanted.dims.join())
    return `${path} is [${found.dims}], and must be [${wanted.dims}]`;
  for (let i = 0; i < wanted.data.length; i++) {
    const [x, y] = [found.data[i], wanted.data[i]];
    if (!isClose(x, y)) return `${path}[${i}] is ${x}, and must be ${y}`;
  }
  return undefined;
}

function isClose(x: unknown, y: unknown): boolean {
  if (Object.is(x, y) || x === y) return true;
  if (typeof x !== 'number' || typeof y !== 'number') return false;
  return Math.abs(x - y) <= ABSOLUTE + RELATIVE * Math.abs(y);
}
