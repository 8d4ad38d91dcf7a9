import { z } from 'zod';

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A duration in milliseconds, or as `500ms`, `30s`, `5m`, `2h`, `7d`; read as milliseconds. */
export const durationSchema = z
  .union([
    z.number().int().positive(),
    z.string().regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'write a duration such as 500ms, 30s, 5m, 2h or 7d'),
  ])
  .transform((value) => {
    if (typeof value === 'number') return value;
    const unit = value.replace(/[\d.]/g, '');
    return Number.parseFloat(value) * (UNITS_MS[unit] ?? 1);
  });
