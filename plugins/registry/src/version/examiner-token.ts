import { token } from '@trestle/kernel';
import type { Examined } from './examine-worker.ts';

/** Opens model packages and replays their golden examples, in a thread: who answers requests does not wait for it. */
export interface Examiner {
  /** @throws TRS_REGISTRY_EXAMINER_LOST, TRS_ONNX_…, and what else a package is refused for */
  examine(bytes: Uint8Array): Promise<Examined>;
}

export const examinerToken = token<Examiner>('registry.examiner');
