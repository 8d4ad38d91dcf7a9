import { parentPort } from 'node:worker_threads';
import { toTrestleError } from '@trestle/kernel';
import { type Model, openModel, type Verification } from '@trestle/model';

/** What a package says of itself, and whether it answers as it says. */
export interface Examined {
  readonly digest: string;
  readonly metadata: Model['metadata'];
  readonly inputs: Model['inputs'];
  readonly outputs: Model['outputs'];
  readonly verification: Verification;
}

/** Errors cross as data: an Error loses its code on the way between threads. */
export type Report =
  | { readonly kind: 'examined'; readonly examined: Examined }
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

parentPort?.on(
  'message',
  async ({ bytes, maxBytes }: { readonly bytes: Uint8Array; readonly maxBytes: number }) => {
    parentPort?.postMessage(await report(bytes, maxBytes));
  },
);

async function report(bytes: Uint8Array, maxBytes: number): Promise<Report> {
  try {
    const model = await openModel(bytes, { maxBytes });
    const { digest, metadata, inputs, outputs } = model;
    return {
      kind: 'examined',
      examined: { digest, metadata, inputs, outputs, verification: await model.verify() },
    };
  } catch (thrown) {
    const { code, kind, message, hint, details } = toTrestleError(thrown);
    return { kind: 'failed', error: { code, kind, message, hint, details } };
  }
}
