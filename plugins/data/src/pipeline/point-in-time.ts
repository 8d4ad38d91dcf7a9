import { identifier } from '@trestle/tables/sql';
import type { z } from 'zod';
import type { sqlStepSchema } from '../config/steps.ts';

interface PointInTime {
  /** Rows that need features: a step or a dataset, and its column of the moment at which a row is asked about. */
  readonly events: string;
  readonly at: string;
  /** Values that were known from some moment on: a step or a dataset, and its column of that moment. */
  readonly features: string;
  readonly knownAt: string;
  /** Columns that both have, by which they belong together. */
  readonly on: readonly string[];
  /** The columns of the features to take. */
  readonly take: readonly string[];
  /** Older values are taken for missing. */
  readonly maxAgeSeconds?: number;
}

/**
 * A step that gives each row the newest values that were known at its moment, and never one from its future: a value that
 * became known at that very moment counts. `FEATURES KNOWN_AT` comes along, and the step refuses rows in which it is later.
 */
export function pointInTime(join: PointInTime): z.input<typeof sqlStepSchema> {
  const [events, features] = [identifier(join.events), identifier(join.features)];
  const [at, knownAt] = [identifier(join.at), identifier(join.knownAt)];
  const known = `${join.features} ${join.knownAt}`;
  const isFresh =
    join.maxAgeSeconds === undefined
      ? 'true'
      : `epoch_ms(e.${at}) - epoch_ms(f.${knownAt}) <= ${Math.round(join.maxAgeSeconds * 1_000)}`;
  const taken = [...join.take.map((name) => [name, name] as const), [join.knownAt, known] as const].map(
    ([name, as]) => `CASE WHEN ${isFresh} THEN f.${identifier(name)} END AS ${identifier(as)}`,
  );
  const conditions = [
    ...join.on.map((name) => `e.${identifier(name)} = f.${identifier(name)}`),
    `e.${at} >= f.${knownAt}`,
  ];
  const numbered = `(SELECT *, row_number() OVER () AS "trestle row" FROM ${events})`;
  return {
    sql: `SELECT e.* EXCLUDE "trestle row", ${taken.join(', ')} FROM ${numbered} e ASOF LEFT JOIN ${features} f ON ${conditions.join(' AND ')} ORDER BY e."trestle row"`,
    expect: [
      { type: 'row.sql', expression: `${identifier(known)} IS NULL OR ${identifier(known)} <= ${at}` },
    ],
  };
}
