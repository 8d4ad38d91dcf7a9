import { TreesError } from './trees-error.ts';

/** What an option may be: a number from one to another, a share above the lower one. */
export type Limit = readonly [least: number, most: number, kind: 'whole' | 'share' | 'number'];

const MOST_CLASSES = 10_000;

/** The given options, others by default. @throws TRS_TREES_OPTION naming the option and what it may be */
export function withDefaults<Name extends string>(
  given: Readonly<Partial<Record<Name, number>>>,
  defaults: Readonly<Record<Name, number>>,
  limits: Readonly<Record<Name, Limit>>,
): Record<Name, number> {
  const settings: Record<Name, number> = { ...defaults };
  for (const name in defaults) {
    const value = given[name] ?? defaults[name];
    const [least, most, kind] = limits[name];
    const isIn = value >= least && value <= most && (kind !== 'share' || value > 0);
    if (!isIn || (kind === 'whole' && !Number.isInteger(value)))
      throw wrongOption(
        name,
        value,
        `${kind === 'whole' ? 'a whole number' : 'a number'} ${kind === 'share' ? 'above' : 'from'} ${least} ${kind === 'share' ? 'up ' : ''}to ${most}`,
      );
    settings[name] = value;
  }
  return settings;
}

/** @throws TRS_TREES_OPTION */
export function checkClasses(classes: number | undefined, objective: string): number {
  if (classes !== undefined && Number.isInteger(classes) && classes >= 2 && classes <= MOST_CLASSES)
    return classes;
  throw wrongOption(
    'classes',
    classes,
    `a whole number from 2 to ${MOST_CLASSES}: ${objective} tells so many apart`,
  );
}

export const wrongOption = (name: string, value: unknown, allowed: string): TreesError =>
  new TreesError('OPTION', `"${name}" is ${value}.`, `Give ${allowed}.`, { option: name });
