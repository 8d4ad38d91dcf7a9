import { isRecord } from '../record.ts';
import { below, type SchemaPlace } from './schema-walk.ts';

export interface UnknownField {
  readonly path: readonly string[];
  /** The fields that there are instead. */
  readonly known: readonly string[];
}

/** The first field of a value that its schema does not name. zod itself drops such a field in silence unless told otherwise. */
export function unknownField(
  place: SchemaPlace,
  value: unknown,
  path: readonly string[] = [],
): UnknownField | undefined {
  if (Array.isArray(value)) {
    return firstOf(value.entries(), ([index, item]) =>
      unknownField(below(place, index), item, [...path, String(index)]),
    );
  }
  if (!isRecord(value)) return undefined;
  const known = place.parts.flatMap(({ properties }) =>
    isRecord(properties) ? Object.keys(properties) : [],
  );
  // `additionalProperties` is a schema where further fields are meant: records, loose objects.
  const isOpen =
    place.parts.every(({ properties }) => properties === undefined) || place.parts.some(isOpenObject);
  return firstOf(Object.entries(value), ([key, item]) =>
    isOpen || known.includes(key)
      ? unknownField(below(place, key), item, [...path, key])
      : { path: [...path, key], known },
  );
}

const isOpenObject = (part: Readonly<Record<string, unknown>>): boolean =>
  isRecord(part.additionalProperties) || part.additionalProperties === true;

function firstOf<T, R>(items: Iterable<T>, find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
