/** Rows from which types are taken at first. */
export const SAMPLE_ROWS = 20_480;
/** A sample of a wide table has fewer. */
const SAMPLE_VALUES = 4_000_000;

export const sampleRows = (columns: number): number =>
  Math.max(1, Math.min(SAMPLE_ROWS, Math.floor(SAMPLE_VALUES / Math.max(1, columns))));

/**
 * The engine reads a buffer at least, of 32 MB when it is not told. Its longest line is 2 MB, which a buffer holds four times
 * so that this changes no result.
 */
export const SAMPLE_BUFFER = 'buffer_size = 8000000';
