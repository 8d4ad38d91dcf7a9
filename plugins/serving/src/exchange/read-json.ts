import { isUtf8 } from 'node:buffer';
import { issueWords, isTooDeep, MAX_JSON_DEPTH } from '@trestle/kernel';
import type { z } from 'zod';
import { servingError } from '../serving-error.ts';

/**
 * The JSON of a body.
 *
 * @param isExact whether integers beyond 2^53 become bigints
 * @throws TRS_SERVING_BODY_NOT_JSON
 */
export function parseBody(body: string | Uint8Array, example: string, isExact = false): unknown {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  if (!isUtf8(bytes)) throw notJson('it is not UTF-8', example);
  if (isTooDeep(bytes)) throw notJson(`it nests deeper than ${MAX_JSON_DEPTH} levels`, example);
  const text =
    typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.length).toString();
  try {
    return isExact && LONG_INTEGER.test(text) ? JSON.parse(text, exactly) : JSON.parse(text);
  } catch (cause) {
    throw notJson(undefined, example, cause);
  }
}

const LONG_INTEGER = /\d{16}/;

const exactly = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
    ? BigInt(context?.source ?? '')
    : value;

/** A parsed body, checked. @throws TRS_SERVING_BODY_INVALID naming each field */
export function checkBody<T extends z.ZodType>(body: unknown, schema: T, example: string): z.output<T> {
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

const notJson = (reason: string | undefined, example: string, cause?: unknown) =>
  servingError('BODY_NOT_JSON', {
    kind: 'invalid',
    message: `The body is not JSON${reason === undefined ? '' : `: ${reason}`}.`,
    hint: `Send ${example} in UTF-8.`,
    cause,
  });
