import { z } from 'zod';
import { errorDocument, statusOf } from './surface.ts';
import type { TrestleError } from './trestle-error.ts';

/** Problem details for HTTP APIs (RFC 9457, section 3), with our stable code, hint and details as extension members. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  instance: z.string().optional(),
  code: z.string(),
  hint: z.string(),
  details: z.record(z.string(), z.unknown()),
});
export type Problem = z.infer<typeof problemSchema>;

export function problemOf(error: TrestleError, requestId?: string): Problem {
  const document = errorDocument(error);
  return {
    type: `urn:trestle:error:${error.code}`,
    title: error.kind,
    status: statusOf(error),
    detail: document.message,
    ...(requestId === undefined ? {} : { instance: `urn:trestle:request:${requestId}` }),
    code: document.code,
    hint: document.hint,
    details: document.details,
  };
}
