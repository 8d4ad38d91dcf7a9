import { openSession, readModel, writeModel } from '@trestle/onnx';
import { sampled } from '../core/values.ts';
import type { Open } from '../core/workload.ts';
import { build } from './networks.ts';
import type { OnnxWorkload } from './workload.ts';

export const open: Open<OnnxWorkload> = async (workload) => {
  const { model, feeds } = build(workload.network);
  const bytes = writeModel(model);
  if (workload.kind === 'open') {
    return {
      result: [1],
      async run() {
        await (await openSession(readModel(bytes))).close();
      },
    };
  }
  const session = await openSession(readModel(bytes));
  const given = feeds(workload.batch);
  const run = () => session.run(given);
  const [output] = Object.values(await run());
  return {
    result: sampled((output?.data ?? []) as ArrayLike<number>),
    async run() {
      await run();
    },
  };
};
