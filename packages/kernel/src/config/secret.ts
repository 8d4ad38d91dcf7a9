import { z } from 'zod';

/** A text that must never be printed: `redact` replaces it wherever its schema says so. */
export const secret = (): z.ZodString => z.string().min(1).meta({ secret: true });

const HIDDEN = '••••';

/** A copy of a value in which every field that its schema marks as `secret()` is hidden. */
export function redact(schema: z.ZodType, value: unknown): unknown {
  return hide(z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }), value);
}

function hide(schema: unknown, value: unknown): unknown {
  if (!isRecord(schema) || value === undefined || value === null) return value;
  if (schema.secret === true) return HIDDEN;
  if (Array.isArray(value)) return value.map((item) => hide(schema.items, item));
  if (isRecord(value)) {
    const properties = isRecord(schema.properties) ? schema.properties : {};
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        hide(properties[key] ?? schema.additionalProperties, item),
      ]),
    );
  }
  return value;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
