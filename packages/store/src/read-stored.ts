import { firstIssue, issueWords, placeInJson } from '@trestle/kernel';
import type { z } from 'zod';

/** What a record holds, or why it cannot be read. */
export type Stored<T> =
  | { readonly value: T; readonly unreadable?: undefined }
  | { readonly value?: undefined; readonly unreadable: string };

/**
 * Reads a JSON text of a stored record. One that is damaged, or was written by another version, is shown as such: it must not cost
 * the list in which it stands.
 */
export function readStored<S extends z.ZodType>(schema: S, text: string): Stored<z.output<S>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return { unreadable: `it is no JSON (${placeInJson(cause, text)})` };
  }
  return fits(schema, value);
}

/** The same of a value that was read already. */
export function fits<S extends z.ZodType>(schema: S, value: unknown): Stored<z.output<S>> {
  const result = schema.safeParse(value, { error: issueWords });
  if (result.success) return { value: result.data };
  const { field, reason } = firstIssue(result.error);
  return { unreadable: field === '' ? reason : `"${field}": ${reason}` };
}
