import type { SearchParams } from '@trestle/contracts';
import { invariant } from '@trestle/kernel';

/** A drawn number, to three digits: more would be noise, and no label could be read. */
export function numberIn(params: SearchParams, name: string): number {
  const value = params[name];
  return Number(
    invariant(typeof value === 'number' ? value : undefined, `a number for ${name}`).toPrecision(3),
  );
}
