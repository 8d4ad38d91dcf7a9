import type { Adopted, AdoptOptions } from '@trestle/formats';
import { token } from '@trestle/kernel';
import type { Examined } from './examine-worker.ts';

/** Opens model packages and replays their golden examples, in a thread: who answers requests does not wait for it. */
export interface Examiner {
  /** @throws TRS_REGISTRY_EXAMINER_LOST, TRS_ONNX_…, and what else a package is refused for */
  examine(bytes: Uint8Array): Promise<Examined>;
  /** Makes a package of a model of any format, and examines it. @param path absolute. @throws TRS_FORMATS_…, TRS_TREES_… and as above */
  adopt(
    path: string,
    options: Omit<AdoptOptions, 'maxBytes'>,
  ): Promise<{ readonly examined: Examined; readonly adopted: Adopted }>;
}

export const examinerToken = token<Examiner>('registry.examiner');
