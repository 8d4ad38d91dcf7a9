import { columnTypeSchema } from '@trestle/contracts';
import { issueWords } from '@trestle/kernel';
import { z } from 'zod';
import { dataError } from '../data-error.ts';
import type { StepModule } from '../pipeline/step-module.ts';
import { importDefault } from '../thread/import-default.ts';

const expectationModuleSchema = z.object({
  kind: z.literal('expectation'),
  reads: z.record(z.string(), columnTypeSchema),
  run: z.custom<(input: unknown, params: unknown) => unknown>(
    (value) => typeof value === 'function',
    'a function',
  ),
});

/**
 * Loads the expectation that a module exports, as a step that makes a row for each row that does not hold: its number, from 1.
 *
 * @throws TRS_DATA_EXPECTATION_MODULE
 */
export async function loadExpectation(module: string, shown: string): Promise<StepModule> {
  const loaded = await importDefault(module, shown, 'EXPECTATION_MODULE');
  const result = expectationModuleSchema.safeParse(loaded, { error: issueWords });
  if (!result.success) {
    const issue = result.error.issues[0];
    throw dataError('EXPECTATION_MODULE', {
      kind: 'invalid',
      message: `${shown} exports no expectation: ${issue?.path.join('.') || 'its default'}: ${issue?.message}.`,
      hint: 'Write `export default rowExpectation({ reads: { … }, run: (row) => … })`.',
    });
  }
  const { reads, run } = result.data;
  let row = 0;
  const judge = (holds: unknown): { readonly row: number } | null => {
    if (typeof holds !== 'boolean')
      throw new TypeError(`it said ${String(holds)} of the row, and must say true or false`);
    return holds ? null : { row };
  };
  return {
    kind: 'rows',
    reads,
    writes: { row: 'integer' },
    // The rows come one after the other, in their order.
    run(input, params) {
      row += 1;
      const holds = run(input, params);
      return holds instanceof Promise ? holds.then(judge) : judge(holds);
    },
  };
}
