import { z } from 'zod';
import { textSchema } from './text/text-metadata.ts';
import { WRITTEN } from './written.ts';

/** One input of a model, as a caller sees it. */
export const featureSchema = z.object({
  name: z.string(),
  type: z.enum(['number', 'boolean', 'timestamp', 'category', 'image', 'tensor', 'text']),
  /** Whether it may be missing: null, or left out. */
  nullable: z.boolean(),
  /** It was never missing in training: where it is, the model puts its median or most frequent value in its place, and says so. */
  imputed: z.literal(true).optional(),
  /** Of a number or a time that came as texts in training: how they are written. It may come as a number (of milliseconds), too. */
  written: z.enum(WRITTEN).optional(),
  /** Of an image: what it is brought to. It may come in any size, as a PNG or a JPEG in base64. */
  image: z
    .object({
      height: z.number().int().min(1),
      width: z.number().int().min(1),
      channels: z.union([z.literal(1), z.literal(3)]),
    })
    .optional(),
  /** Of a tensor: what a row holds of it, as lists in lists or as one list in row-major order. */
  tensor: z
    .object({
      type: z.string(),
      /** A name is a length that the caller chooses, the same in all rows of a request. */
      dims: z.array(z.union([z.number(), z.string()])),
    })
    .optional(),
});
export type Feature = z.infer<typeof featureSchema>;

export const modelSchemaSchema = z.object({
  task: z.enum(['binary', 'multiclass', 'regression']),
  target: z.string(),
  features: z.array(featureSchema),
  /** In the order of the model's scores; for two classes the second is the positive one. Empty for regression. */
  classes: z.array(z.string()),
  /** Binary: from this probability on the positive class is the label. */
  threshold: z.number().min(0).max(1),
});
export type ModelSchema = z.infer<typeof modelSchemaSchema>;

const numericReferenceSchema = z.object({
  kind: z.literal('numeric'),
  name: z.string(),
  /**
   * Ascending inner edges: bin 0 is everything up to `edges[0]`, the last bin everything above the last edge. The first lies below
   * the least value and the last is the greatest, but in packages of before, which have the inner nine tenths.
   */
  edges: z.array(z.number()),
  /** One more than edges. */
  counts: z.array(z.number()),
  nulls: z.number(),
  /** How its values are written where they come as texts. */
  written: z.enum(WRITTEN).optional(),
  /** Its counts are estimates: those of a dataset of several parts. */
  approximate: z.literal(true).optional(),
});

const categoricalReferenceSchema = z.object({
  kind: z.literal('categorical'),
  name: z.string(),
  /** The most frequent values with their counts: what is shown. */
  top: z.array(z.tuple([z.string(), z.number()])),
  /** Rows with any other value. */
  other: z.number(),
  nulls: z.number(),
  /** The counts of its most frequent values are estimates; those that are tested never are. */
  approximate: z.literal(true).optional(),
  /** What is tested: values by their hashes. Packages of before have none. */
  hashed: z
    .object({
      /** Values whose hashes are divisible by this power of two have a count of their own. */
      shift: z.int().min(0).max(32),
      /** Ascending. */
      hashes: z.array(z.int().nonnegative()),
      /** One for each hash. */
      counts: z.array(z.int().positive()),
      /** Rows with other values, by further bits of their hashes; empty where every value has a count. */
      rest: z.array(z.int().nonnegative()),
    })
    .optional(),
});

/** How the training part was distributed: what live traffic is compared with. */
export const referenceSchema = z.object({
  features: z.array(z.discriminatedUnion('kind', [numericReferenceSchema, categoricalReferenceSchema])),
  /** The model's own scores on the held-out part. */
  score: numericReferenceSchema.optional(),
});
export type DriftReference = z.infer<typeof referenceSchema>;

/** What a model said of some rows when it was made; replayed to verify it. */
export const goldenSchema = z.object({
  rows: z.array(z.record(z.string(), z.unknown())),
  predictions: z.array(z.record(z.string(), z.unknown())),
  /** How far a number may be off: other runtimes round differently. */
  tolerance: z.number(),
});
export type GoldenExamples = z.infer<typeof goldenSchema>;

/** Where a model comes from. */
export const lineageSchema = z.object({
  run: z.string().optional(),
  dataset: z.string().optional(),
  datasetDigest: z.string().optional(),
});

/** Where a model that was made elsewhere comes from. */
export const originSchema = z.object({
  /** `XGBoost JSON`, `ONNX with external data`. */
  format: z.string(),
  /** The library that made it, with its version, where the files tell it. */
  framework: z.string().optional(),
  /** The name of the file or folder. */
  source: z.string(),
  /** SHA-256 (hex) of the file; of several those that were read, one behind the other. */
  digest: z.string(),
  /** What a person should know of how it was taken. */
  notes: z.array(z.string()),
});
export type ModelOrigin = z.infer<typeof originSchema>;

/** Everything around the graph; each member is one JSON entry of the ONNX file's `metadata_props`. */
export const modelMetadataSchema = z.object({
  schema: modelSchemaSchema,
  golden: goldenSchema,
  /** Null where a metric is no number: of a model that answers so, or of rows that it is not defined for. */
  metrics: z.record(z.string(), z.number().nullable()),
  /** Markdown: what it is for, what it was made from, how good it is, where it ends. */
  card: z.string(),
  lineage: lineageSchema,
  reference: referenceSchema,
  estimator: z.string(),
  licence: z.string(),
  createdAt: z.string(),
  origin: originSchema.optional(),
  /** Of a model that takes texts. */
  text: textSchema.optional(),
});
export type ModelMetadata = z.infer<typeof modelMetadataSchema>;

/** What is told of a model whose graph nobody here has made: its inputs and outputs are those of the graph. */
export const foreignMetadataSchema = modelMetadataSchema
  .pick({ golden: true, card: true, text: true })
  .extend({ origin: originSchema });
export type ForeignMetadata = z.infer<typeof foreignMetadataSchema>;

/** The prefix of our entries among `metadata_props`. */
export const METADATA_PREFIX = 'trestle.';
