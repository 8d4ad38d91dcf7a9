import { HASH_BITS, RANKS } from '@trestle/statistics';

/** The register of a value, in SQL. */
export const registerOf = (hash: string, bits: number): string => `(${hash} & ${2 ** bits - 1})`;
/** What is left of its hash. A register keeps the smallest. */
export const restOf = (hash: string, bits: number): string => `(${hash} >> ${bits})`;
/** Both as one number, register x 64 + rank, in SQL. */
export const placeOf = (register: string, rest: string, bits: number): string =>
  `CAST(${register} * ${RANKS} + CASE WHEN ${rest} = 0 THEN ${HASH_BITS + 1 - bits} ELSE ${HASH_BITS - bits} - floor(log2(${rest})) END AS INTEGER)`;
