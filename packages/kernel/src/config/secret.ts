import { z } from 'zod';
import { shownAddress } from '../door/shown-address.ts';
import { isRecord } from '../record.ts';
import { below, type SchemaPlace, schemaPlace } from './schema-walk.ts';

/** A text that must never be printed: `redact` replaces it wherever its schema says so. */
export const secret = (): z.ZodString => z.string().min(1).meta({ secret: true });

const HIDDEN = '••••';

/**
 * A copy of a value in which every field that its schema marks as `secret()`, in any branch, is hidden, and so are the
 * credentials and queries of web addresses.
 */
export function redact(schema: z.ZodType, value: unknown): unknown {
  // A transformed field carries its mark on one side only.
  return hide(schemaPlace(schema, 'output'), hide(schemaPlace(schema, 'input'), value));
}

function hide(place: SchemaPlace, value: unknown): unknown {
  if (value === undefined || value === null) return value;
  if (place.parts.some((part) => part.secret === true)) return HIDDEN;
  if (typeof value === 'string') return withoutCredentials(value);
  if (Array.isArray(value)) return value.map((item, index) => hide(below(place, index), item));
  if (!isRecord(value) || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hide(below(place, key), item)]));
}

const withoutCredentials = (text: string): string =>
  /^https?:\/\/[^\s]*[?@]/i.test(text) ? `${shownAddress(text)}?${HIDDEN}` : text;
