import { NAME_PATTERN } from '@trestle/contracts';
import { z } from 'zod';
import { dataError } from '../data-error.ts';

const LOOKS_LIKE_ONE = /^([^@]+)@(\d{4}-\d{2}-\d{2}(?:T[^@]*)?)$/;
const momentSchema = z.union([
  z.iso.date(),
  z.iso.datetime({ offset: true }),
  z.iso.datetime({ offset: true, precision: -1 }),
]);

/** `name@2026-11-01` (the beginning of that day, UTC), `name@2026-11-01T12:00:00Z`. */
export interface MomentReference {
  readonly name: string;
  /** As it was written. */
  readonly moment: string;
  readonly at: number;
}

/**
 * Reads a reference to the version that was the newest at a moment; undefined when it is another kind of reference.
 *
 * @throws TRS_DATA_MOMENT when there is no such day or time, or no time zone
 */
export function momentReference(reference: string): MomentReference | undefined {
  const [, name = '', moment = ''] = LOOKS_LIKE_ONE.exec(reference) ?? [];
  if (!NAME_PATTERN.test(name)) return undefined;
  if (momentSchema.safeParse(moment).success) return { name, moment, at: Date.parse(moment) };
  throw dataError('MOMENT', {
    kind: 'invalid',
    message: `"${moment}" is no moment.`,
    hint: `Write a day (its beginning in UTC), ${name}@2026-11-01, or a time with its zone, ${name}@2026-11-01T12:00:00Z.`,
  });
}
