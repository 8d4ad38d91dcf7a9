import { issueWords, type RouteRequest } from '@trestle/kernel';
import type { z } from 'zod';
import { servingError } from '../serving-error.ts';

/** The body of a request, checked. @throws TRS_SERVING_BODY_NOT_JSON, TRS_SERVING_BODY_INVALID naming each field */
export async function readJson<T extends z.ZodType>(
  request: RouteRequest,
  schema: T,
  example: string,
): Promise<z.output<T>> {
  const text = await request.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw servingError('BODY_NOT_JSON', {
      kind: 'invalid',
      message: 'The body is not JSON.',
      hint: `Send ${example} with content-type application/json.`,
      cause,
    });
  }
  const result = schema.safeParse(body, { error: issueWords });
  if (result.success) return result.data;
  const issues = result.error.issues
    .slice(0, 20)
    .map((issue) => ({ field: issue.path.join('.'), reason: issue.message }));
  throw servingError('BODY_INVALID', {
    kind: 'invalid',
    message: `The body does not fit: ${issues[0]?.field ? `"${issues[0].field}": ` : ''}${issues[0]?.reason}.`,
    hint: `Send ${example}.`,
    details: { issues },
  });
}
