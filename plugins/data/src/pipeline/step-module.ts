import { columnTypeSchema } from '@trestle/contracts';
import { issueWords } from '@trestle/kernel';
import type { TypedColumn } from '@trestle/tables';
import { z } from 'zod';
import { dataError } from '../data-error.ts';
import { importDefault } from '../thread/import-default.ts';

const types = z.record(z.string(), columnTypeSchema);
const stepModuleSchema = z.object({
  kind: z.enum(['rows', 'batches', 'tensors']),
  reads: types,
  writes: types.refine((columns) => Object.keys(columns).length > 0, 'it writes no column'),
  run: z.custom<(input: unknown, params: unknown) => unknown>(
    (value) => typeof value === 'function',
    'a function',
  ),
});
export type StepModule = z.output<typeof stepModuleSchema>;

/** Loads the step that a module exports. @throws TRS_DATA_STEP_MODULE */
export async function loadStep(module: string, shown: string): Promise<StepModule> {
  const result = stepModuleSchema.safeParse(await importDefault(module, shown, 'STEP_MODULE'), {
    error: issueWords,
  });
  if (result.success) {
    checkFloats(result.data, shown);
    return result.data;
  }
  const issue = result.error.issues[0];
  throw dataError('STEP_MODULE', {
    kind: 'invalid',
    message: `${shown} exports no step: ${issue?.path.join('.') || 'its default'}: ${issue?.message}.`,
    hint: 'Write `export default rowStep({ reads: { … }, writes: { … }, run: (row) => … })`.',
  });
}

/** Of tensors: texts are no numbers, and a float32 cannot tell a millisecond from the next two minutes. */
function checkFloats({ kind, reads, writes }: StepModule, shown: string): void {
  if (kind !== 'tensors') return;
  for (const [name, type] of Object.entries({ ...writes, ...reads })) {
    if (type !== 'string' && type !== 'timestamp') continue;
    throw dataError('STEP_MODULE', {
      kind: 'invalid',
      message: `${shown}: "${name}" is ${type}, of which there is no tensor.`,
      hint: 'A tensorStep reads and writes number, integer and boolean; make a number of it in a step before.',
      details: { column: name },
    });
  }
}

/** The input must have what the step reads; integers may be read as numbers. @throws TRS_DATA_STEP_INPUT */
export function checkReads({ reads }: StepModule, columns: readonly TypedColumn[], shown: string): void {
  for (const [name, type] of Object.entries(reads)) {
    const found = columns.find((column) => column.name === name);
    if (found?.type === type || (found?.type === 'integer' && type === 'number')) continue;
    throw dataError('STEP_INPUT', {
      kind: 'invalid',
      message: `${shown} reads ${type} "${name}", ${found ? `which is ${found.type}` : 'which its input does not have'}.`,
      hint: `Its input has ${columns.map((column) => `${column.name}: ${column.type}`).join(', ')}.`,
      details: { column: name },
    });
  }
}
