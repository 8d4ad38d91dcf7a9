import { type DeviceName, openDevice, setDefaultDevice } from '@trestle/core';
import type { ValueData } from '../../../src/format/model.ts';
import { readModel } from '../../../src/format/read-model.ts';
import { openSession } from '../../../src/session/session.ts';
import { differenceOf, readCase } from '../judge.ts';

/** A case as the page asks for it: where its files are, and how many inputs and outputs each of its sets has. */
export interface PageCase {
  readonly name: string;
  readonly path: string;
  readonly sets: readonly { readonly name: string; readonly inputs: number; readonly outputs: number }[];
}

async function bytesOf(path: string): Promise<Uint8Array> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Small nodes are computed on the host; with no work too small for it, the core computes what it can. */
const WAYS = [
  ['as it chooses', {}],
  ['on the core', { coreWork: 0 }],
] as const;

/** How a case differs from what is expected, in either way; undefined where it does not. */
async function judge({ path, sets }: PageCase): Promise<string | undefined> {
  const model = readModel(await bytesOf(`${path}/model.onnx`));
  for (const set of sets) {
    const read = async (infos: typeof model.graph.inputs, what: string, count: number) => {
      const values: Record<string, ValueData> = {};
      for (const [index, info] of infos.slice(0, count).entries())
        values[info.name] = readCase(await bytesOf(`${path}/${set.name}/${what}_${index}.pb`), info);
      return values;
    };
    const inputs = await read(model.graph.inputs, 'input', set.inputs);
    const outputs = await read(model.graph.outputs, 'output', set.outputs);
    for (const [way, options] of WAYS) {
      const found = await (await openSession(model, options)).run(inputs);
      for (const [name, wanted] of Object.entries(outputs)) {
        const difference = differenceOf(found[name], wanted, name);
        if (difference !== undefined) return `${way}: ${difference}`;
      }
    }
  }
  return undefined;
}

/** What goes wrong, by case. */
async function conformance(cases: readonly PageCase[], device: DeviceName): Promise<Record<string, string>> {
  setDefaultDevice(await openDevice(device));
  const wrong: Record<string, string> = {};
  for (const one of cases) {
    const why = await judge(one).catch((thrown: unknown) => String(thrown));
    if (why !== undefined) wrong[one.name] = why;
  }
  return wrong;
}

Object.assign(globalThis, { conformance });
