import { systemError } from '../system-error.ts';

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const LONGEST_MS = 366 * 86_400_000;

/** Milliseconds of a lifetime such as `12h`, `30d` or `8w`. @throws TRS_SYSTEM_TOKEN_LIFETIME */
export function lifetimeMs(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,5})([hdw])$/.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  if (ms <= LONGEST_MS) return ms;
  throw systemError('TOKEN_LIFETIME', {
    kind: 'invalid',
    message: `"${text.slice(0, 40)}" is not a lifetime for a token.`,
    hint: 'Write hours, days or weeks (12h, 30d, 8w), at most 366 days.',
  });
}
