import { issueWords } from '../error/issue-words.ts';
import type { AnyOperation } from '../operation/operation.ts';
import { kernelError } from './kernel-error.ts';

/** Validates an input at the door. @throws TRS_INPUT_INVALID naming each field and reason */
export function parseInput(operation: AnyOperation, input: unknown): Record<string, unknown> {
  const result = operation.input.strict().safeParse(input ?? {}, { error: issueWords });
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({ field: issue.path.join('.'), reason: issue.message }));
  const first = issues[0];
  throw kernelError('INPUT_INVALID', {
    kind: 'invalid',
    message: `${operation.id}: ${first?.field ? `"${first.field}": ` : ''}${first?.reason}.`,
    hint: `See "trestle ${operation.id.replace('.', ' ')} --help".`,
    details: { issues },
  });
}
