import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ValueData, ValueInfo } from '../../src/format/model.ts';
import { readCase } from './judge.ts';

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

const readFile = (path: string, info: ValueInfo): ValueData =>
  readCase(new Uint8Array(readFileSync(path)), info);
