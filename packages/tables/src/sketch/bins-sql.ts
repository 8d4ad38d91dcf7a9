import { BINS } from '@trestle/statistics';

/** `binOf` in SQL. */
export const binSql = (value: string, min: string, width: string): string =>
  `CAST(least(floor((${value} - ${min}) / ${width}), ${BINS - 1}) AS INTEGER)`;
