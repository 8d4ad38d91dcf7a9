import { z } from 'zod';

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A duration with its unit: `500ms`, `30s`, `5m`, `2h`, `7d`. */
export const durationTextSchema = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'write a duration such as 500ms, 30s, 5m, 2h or 7d');

/** A duration in milliseconds, or with its unit; read as milliseconds. */
export const durationSchema = z
  .union([z.number().int().positive(), durationTextSchema])
  .transform((value) => (typeof value === 'number' ? value : millisecondsOf(value)));

/** @param text as `durationTextSchema` takes it */
export const millisecondsOf = (text: string): number =>
  Number.parseFloat(text) * (UNITS_MS[text.replace(/[\d.]/g, '')] ?? 1);
