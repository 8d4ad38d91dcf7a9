import type { ParamValue, SearchParam, SearchParams, SearchSpace } from '@trestle/contracts';
import { invariant } from '@trestle/kernel';
import { trainError } from '../train-error.ts';

type Range = Exclude<SearchParam, { readonly type: 'choice' }>;

/** Whether a parameter is there, by what the ones before it are. */
export function isActive(param: SearchParam, params: SearchParams): boolean {
  return Object.entries(param.when ?? {}).every(([name, wanted]) => {
    const value = params[name];
    return value !== undefined && (Array.isArray(wanted) ? wanted.includes(value) : wanted === value);
  });
}

/** Half a step beyond whole numbers at either end, so that each has as much room. */
const roomOf = (param: Range): readonly [number, number] => {
  const edge = param.type === 'int' ? 0.5 : 0;
  const [low, high] = [param.low - edge, param.high + edge];
  return param.scale === 'log' ? [Math.log(low), Math.log(high)] : [low, high];
};

/** Where a value lies between the ends of its range, 0 to 1, on its scale. */
export function toUnit(param: Range, value: number): number {
  const [low, high] = roomOf(param);
  return ((param.scale === 'log' ? Math.log(value) : value) - low) / (high - low);
}

/** The value at a place between the ends of a range. */
export function fromUnit(param: Range, place: number): number {
  const [low, high] = roomOf(param);
  const on = low + Math.min(1, Math.max(0, place)) * (high - low);
  const value = param.scale === 'log' ? Math.exp(on) : on;
  const whole = param.type === 'int' ? Math.round(value) : value;
  return Math.min(param.high, Math.max(param.low, whole));
}

/** A value for each parameter that is there, one behind the other. */
export function fill(
  space: SearchSpace,
  valueIn: (name: string, param: SearchParam) => ParamValue,
): SearchParams {
  const params: Record<string, ParamValue> = {};
  for (const [name, param] of Object.entries(space))
    if (isActive(param, params)) params[name] = valueIn(name, param);
  return params;
}

export const drawn = (param: SearchParam, random: () => number): ParamValue =>
  param.type === 'choice'
    ? invariant(param.values[Math.floor(random() * param.values.length)], 'a choice')
    : fromUnit(param, random());

/** @throws TRS_TRAIN_SEARCH_SPACE when a condition names what does not stand before it, or no value of it */
export function checkSpace(space: SearchSpace): void {
  const before = new Map<string, SearchParam>();
  for (const [name, param] of Object.entries(space)) {
    for (const [other, wanted] of Object.entries(param.when ?? {})) {
      const on = before.get(other);
      const fault = on ? [wanted].flat().find((value) => !mayBe(on, value)) : undefined;
      if (on && fault === undefined) continue;
      throw trainError('SEARCH_SPACE', {
        kind: 'invalid',
        message: on
          ? `"${name}" is there when "${other}" is ${JSON.stringify(fault)}, which it never is.`
          : `"${name}" hangs on "${other}", which does not stand before it in the space.`,
        hint: 'Name a parameter that stands before it, and values that it may have.',
        details: { param: name },
      });
    }
    before.set(name, param);
  }
}

const mayBe = (param: SearchParam, value: ParamValue): boolean =>
  param.type === 'choice'
    ? param.values.includes(value)
    : typeof value === 'number' && value >= param.low && value <= param.high;
