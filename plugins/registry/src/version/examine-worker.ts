import { parentPort } from 'node:worker_threads';
import { type Adopted, type AdoptOptions, adoptModel } from '@trestle/formats';
import { toTrestleError } from '@trestle/kernel';
import { type Model, openModel, type Verification } from '@trestle/model';

/** What a package says of itself, and whether it answers as it says. */
export interface Examined {
  readonly digest: string;
  readonly metadata: Model['metadata'];
  readonly origin: Model['origin'];
  readonly inputs: Model['inputs'];
  readonly outputs: Model['outputs'];
  readonly verification: Verification;
}

/** A package, or a path to a model of any format that is known. */
export type Asked =
  | { readonly kind: 'examine'; readonly bytes: Uint8Array; readonly maxBytes: number }
  | { readonly kind: 'adopt'; readonly path: string; readonly options: AdoptOptions };

/** Errors cross as data: an Error loses its code on the way between threads. */
export type Report =
  | { readonly kind: 'examined'; readonly examined: Examined; readonly adopted?: Adopted }
  | {
      readonly kind: 'failed';
      readonly error: {
        readonly code: string;
        readonly kind: string;
        readonly message: string;
        readonly hint: string | undefined;
        readonly details: Readonly<Record<string, unknown>>;
      };
    };

parentPort?.on('message', async (asked: Asked) => {
  parentPort?.postMessage(await report(asked));
});

async function report(asked: Asked): Promise<Report> {
  try {
    if (asked.kind === 'examine')
      return { kind: 'examined', examined: await examined(asked.bytes, asked.maxBytes) };
    const adopted = await adoptModel(asked.path, asked.options);
    return { kind: 'examined', examined: await examined(adopted.package, asked.options.maxBytes), adopted };
  } catch (thrown) {
    const { code, kind, message, hint, details } = toTrestleError(thrown);
    return { kind: 'failed', error: { code, kind, message, hint, details } };
  }
}

async function examined(bytes: Uint8Array, maxBytes: number): Promise<Examined> {
  const model = await openModel(bytes, { maxBytes });
  const { digest, metadata, origin, inputs, outputs } = model;
  return { digest, metadata, origin, inputs, outputs, verification: await model.verify() };
}
