import type { OnnxModel } from '../format/model.ts';
import { openSession, type Session } from '../session/session.ts';

/** A model as it came, and as it was read within a budget. */
export interface ExecutorInput {
  readonly bytes: Uint8Array;
  readonly model: OnnxModel;
}

/**
 * Where a model's graph runs. Its sessions answer as the core's do, which `executorContract` of `@trestle/testing` tries: the
 * same values within float32, in the same types; feeds refused by their input, what fails by its node.
 */
export interface Executor {
  /** `core` */
  readonly name: string;
  /** @throws what it can't run: TRS_ONNX_EXECUTOR, or one that `openSession` throws */
  open(input: ExecutorInput): Promise<Session>;
}

/** The kernels of this package and of the core: everywhere, also in a page. */
export const coreExecutor: Executor = { name: 'core', open: ({ model }) => openSession(model) };
