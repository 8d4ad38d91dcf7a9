import type { ColumnType } from '@trestle/statistics';
import { dateFormat, digitsOf, type Spelling } from './spelling.ts';

/** What a person may write for yes and no, where they say that a column is of truths. */
const YES = "('true', 't', 'yes', 'y', '1')";
const NO = "('false', 'f', 'no', 'n', '0')";

const WHOLE = "'[+-]?[0-9]+(\\.0*)?'";
const NUMBER = "'[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?'";
const INFINITY = "'[+-]?inf(inity)?'";
const DAY = '[0-9]{4}-[0-9]{2}-[0-9]{2}';
const TIME = `${DAY}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?)?`;
const ZONED = `'${TIME} ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)'`;

/**
 * The texts that a person's word makes values of a type of, where looks alone would not: 007 is 7, NO is false, +02:00 is
 * brought to UTC. What can't be one is still refused.
 */
export function givenSpelling(type: Exclude<ColumnType, 'string'>, format: string | undefined): Spelling {
  const key = `given ${type}`;
  switch (type) {
    case 'integer':
      return {
        key,
        type,
        of: 'n',
        isProof: true,
        value: (text) => `TRY_CAST(regexp_replace(ltrim(${text}, '+'), '\\.0*$', '') AS BIGINT)`,
        fits: (text, value) => `regexp_full_match(${text}, ${WHOLE}) AND ${value} IS NOT NULL`,
      };
    case 'number':
      return {
        key,
        type,
        of: 'n',
        isProof: true,
        value: (text) => `TRY_CAST(ltrim(${text}, '+') AS DOUBLE)`,
        fits: (text, value) =>
          `(regexp_full_match(${text}, ${NUMBER}) AND isfinite(${value}) OR regexp_full_match(${text}, ${INFINITY}, 'i') OR ${text} = 'nan')`,
      };
    case 'boolean':
      return {
        key,
        type,
        of: 'b',
        isProof: true,
        value: (text) => `(lower(${text}) IN ${YES})`,
        fits: (text) => `(lower(${text}) IN ${YES} OR lower(${text}) IN ${NO})`,
      };
    case 'timestamp':
      if (format !== undefined) return { ...dateFormat(format), key };
      return {
        key,
        type,
        of: 's',
        isProof: true,
        value: (text) =>
          `CASE WHEN regexp_full_match(${text}, ${ZONED}) THEN timezone('UTC', TRY_CAST(${text} AS TIMESTAMPTZ)) ELSE TRY_CAST(${text} AS TIMESTAMP) END`,
        fits: (text, value) =>
          `regexp_full_match(${text}, '${TIME}( ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?))?') AND ${value} IS NOT NULL`,
      };
  }
}

/** A number that a person says one is, where the column keeps decimals: with all of its digits, however they are written. */
export const givenDecimal = (scale: number): Spelling => ({
  key: 'given decimal',
  type: 'number',
  stored: `DECIMAL(38,${scale})`,
  of: 'n',
  isProof: true,
  value: (text) => `TRY_CAST(ltrim(${text}, '+') AS DECIMAL(38,${scale}))`,
  fits: (text, value) =>
    `regexp_full_match(${text}, ${NUMBER}) AND rtrim(${digitsOf(text)}, '0') = rtrim(${digitsOf(`CAST(${value} AS VARCHAR)`)}, '0')`,
});
