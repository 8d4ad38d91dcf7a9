import { dataError } from '../../data-error.ts';

/** Whether names that cannot stay as they are get others, or are refused. */
export type NamesMode = 'rename' | 'strict';

export interface ColumnNames {
  readonly names: readonly string[];
  /** What was renamed, for a person. */
  readonly notes: readonly string[];
}

/** The engine takes "a" and "A" for one name. */
const keyOf = (name: string): string => name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/**
 * The columns' names, each once: what comes again, or differs in case only, gets a number, and what has no name its place.
 *
 * @throws TRS_DATA_HEADER in the strict mode, and for a name that is lost where rows are objects
 */
export function columnNames(
  given: readonly string[],
  shown: string,
  mode: NamesMode = 'rename',
): ColumnNames {
  if (given.includes('__proto__'))
    throw badHeader(
      given,
      `"${shown}": a column is named "__proto__", which is lost where rows are objects.`,
    );
  const taken = new Set(given.map(keyOf));
  const first = new Map<string, string>();
  const notes: string[] = [];
  const free = (start: string, from: number): string => {
    for (let number = from; ; number++) {
      const name = `${start}${number}`;
      if (taken.has(keyOf(name))) continue;
      taken.add(keyOf(name));
      return name;
    }
  };
  const names = given.map((name, index) => {
    const place = `Column ${index + 1} of "${shown}"`;
    const other = first.get(keyOf(name));
    const why =
      name === ''
        ? 'has no name'
        : other === name
          ? `is named "${name}" like one before it`
          : other === undefined
            ? undefined
            : `is named "${name}", which differs from "${other}" in case only`;
    if (why === undefined) {
      first.set(keyOf(name), name);
      return name;
    }
    if (mode === 'strict') throw badHeader(given, `${place} ${why}.`);
    const made = name === '' ? free('column', index + 1) : free(`${name}_`, 2);
    notes.push(`${place} ${why}: it is taken as "${made}".`);
    return made;
  });
  return { names, notes };
}

const badHeader = (columns: readonly string[], message: string) =>
  dataError('HEADER', {
    kind: 'invalid',
    message,
    hint: 'Every column needs a name, each name once. Without --names strict, names that come twice get a number.',
    details: { columns },
  });
