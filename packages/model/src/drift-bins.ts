/** How finely a drift reference tells values apart: tenths of numbers, and so many of the most frequent texts. */
export const DRIFT_BINS = 10;
export const DRIFT_TOP_VALUES = 20;

/**
 * The edge of a further bin, for what is less than every known number. Where many of these are the least, it would else be
 * counted as one of them: a picture that is smaller than any was.
 */
export const edgeBelow = (least: number): number => least - 1e-6 * Math.max(1, Math.abs(least));
