import { z } from 'zod';

const column = { column: z.string().optional() };
/** A category needs so many rows of the training part, and so many categories are kept at most, the most frequent first. */
const categories = {
  minRows: z.number().int().min(1).default(12),
  max: z.number().int().min(1).max(5_000).default(80),
};

/** Each is an input of a network without convolutions. */
const MAX_PIXEL_VALUES = 65_536;

/** What stands for a missing number: learnt from those that are there, or given. */
const impute = {
  impute: z.union([z.enum(['median', 'mean', 'mostFrequent']), z.number()]).default('median'),
};

/**
 * How a declared feature is made of a column (the one it is named after when `column` is left out). What it needs to know is
 * learnt from the training part and frozen in the model.
 */
export const featureSpecSchema = z.discriminatedUnion('kind', [
  /** A number as it is, where it is not missing; with `flag` a second column says whether it was. */
  z.strictObject({ kind: z.literal('impute'), ...column, ...impute, flag: z.boolean().default(false) }),
  /** Centred and scaled: by mean and deviation, or by median and quartiles, which outliers do not move. */
  z.strictObject({
    kind: z.literal('scale'),
    ...column,
    ...impute,
    by: z.enum(['deviation', 'quartiles']).default('deviation'),
  }),
  /** One column per interval; as many rows in each. */
  z.strictObject({
    kind: z.literal('buckets'),
    ...column,
    ...impute,
    count: z.number().int().min(2).max(100).default(8),
  }),
  /** Where a time stands in the year, the week, the day: sine and cosine of each. */
  z.strictObject({
    kind: z.literal('date'),
    ...column,
    parts: z
      .array(z.enum(['year', 'month', 'week', 'day']))
      .min(1)
      .default(['year', 'week', 'day']),
  }),
  /** One column per category; rare and unseen ones have none. */
  z.strictObject({ kind: z.literal('oneHot'), ...column, ...categories }),
  /** The place of a category in an order: as given, or by the alphabet; -1 for others. */
  z.strictObject({ kind: z.literal('ordinal'), ...column, order: z.array(z.string()).min(1).optional() }),
  /** The mean of the target per category, drawn towards the overall mean as if `smoothing` rows more had that. */
  z.strictObject({ kind: z.literal('target'), ...column, smoothing: z.number().min(0).default(50) }),
  /** One column per remainder of a hash: nothing is learnt, so nothing is unseen. */
  z.strictObject({
    kind: z.literal('hash'),
    ...column,
    buckets: z.number().int().min(2).max(4_096).default(32),
  }),
  /** One column per frequent pair of categories of two columns. */
  z.strictObject({ kind: z.literal('cross'), columns: z.tuple([z.string(), z.string()]), ...categories }),
  /** Words and runs of words (n-grams) by how often they occur, weighted by how rare they are (tf-idf) or plainly counted. */
  z.strictObject({
    kind: z.literal('text'),
    ...column,
    weigh: z.enum(['tfidf', 'count']).default('tfidf'),
    longest: z.number().int().min(1).max(5).default(1),
    minRows: z.number().int().min(1).default(5),
    max: z.number().int().min(1).max(5_000).default(200),
  }),
  /** The first words as their numbers in a vocabulary, the most frequent word first: 0 fills up, 1 is any other word. */
  z.strictObject({
    kind: z.literal('tokens'),
    ...column,
    length: z.number().int().min(1).max(512).default(32),
    minRows: z.number().int().min(1).default(5),
    max: z.number().int().min(1).max(50_000).default(5_000),
  }),
  /** The pixels of a PNG or a JPEG in base64, brought to one size ([height, width]) and normalised channel by channel. */
  z
    .strictObject({
      kind: z.literal('image'),
      ...column,
      size: z.tuple([z.number().int().min(1).max(512), z.number().int().min(1).max(512)]),
      channels: z.union([z.literal(1), z.literal(3)]).default(3),
      /** By mean and deviation: those of the training part, or given for pixels from 0 to 1; `none` leaves them so. */
      normalise: z
        .union([
          z.enum(['learnt', 'none']),
          z.strictObject({
            mean: z.array(z.number()).min(1).max(3),
            deviation: z.array(z.number().positive()).min(1).max(3),
          }),
        ])
        .default('learnt'),
    })
    .refine(({ size: [height, width], channels }) => height * width * channels <= MAX_PIXEL_VALUES, {
      message: `an image becomes at most ${MAX_PIXEL_VALUES} numbers`,
      path: ['size'],
    })
    .refine(
      ({ normalise, channels }) =>
        typeof normalise === 'string' ||
        (normalise.mean.length === channels && normalise.deviation.length === channels),
      { message: 'one mean and one deviation per channel', path: ['normalise'] },
    ),
]);
export type FeatureSpec = z.output<typeof featureSpecSchema>;

/** Features by name. Columns that one of them names are not encoded in the usual way besides. */
export const featureRecipeSchema = z.record(z.string().min(1), featureSpecSchema);
export type FeatureRecipe = z.output<typeof featureRecipeSchema>;
