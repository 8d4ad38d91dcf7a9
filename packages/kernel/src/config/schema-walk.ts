import { z } from 'zod';
import { isRecord } from '../record.ts';

/** One part of a JSON schema (draft 2020-12), as zod writes it. */
export type SchemaPart = Readonly<Record<string, unknown>>;

/** A place in a schema: every part that may describe the value there, so that unions are followed into all branches. */
export interface SchemaPlace {
  readonly root: SchemaPart;
  readonly parts: readonly SchemaPart[];
}

/** Where a value enters a schema (`input`), or what it becomes (`output`). */
export function schemaPlace(schema: z.ZodType, io: 'input' | 'output'): SchemaPlace {
  const root: SchemaPart = { ...z.toJSONSchema(schema, { unrepresentable: 'any', io }) };
  return { root, parts: branches(root, root) };
}

/** The place below a key of an object or an index of a list. */
export function below(place: SchemaPlace, key: string | number): SchemaPlace {
  const parts = place.parts.flatMap((part) => {
    const child = typeof key === 'number' ? itemOf(part, key) : propertyOf(part, key);
    return branches(child, place.root);
  });
  return { root: place.root, parts };
}

function propertyOf(part: SchemaPart, key: string): unknown {
  const { properties, additionalProperties } = part;
  return isRecord(properties) && Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
}

function itemOf(part: SchemaPart, index: number): unknown {
  const { prefixItems, items } = part;
  return Array.isArray(prefixItems) && index < prefixItems.length ? prefixItems[index] : items;
}

/** A part and everything that it is joined with: alternatives, conjunctions, references. */
function branches(part: unknown, root: SchemaPart, seen = new Set<unknown>()): readonly SchemaPart[] {
  if (!isRecord(part) || seen.has(part)) return [];
  seen.add(part);
  const joined = [part.anyOf, part.oneOf, part.allOf].flatMap((list) => (Array.isArray(list) ? list : []));
  return [part, ...[...joined, referenced(part.$ref, root)].flatMap((next) => branches(next, root, seen))];
}

function referenced(ref: unknown, root: SchemaPart): unknown {
  if (ref === '#') return root;
  if (typeof ref !== 'string' || !isRecord(root.$defs)) return undefined;
  return root.$defs[ref.replace('#/$defs/', '')];
}
