import { durationSchema, type TrainingSpec } from '@trestle/contracts';
import { z } from 'zod';

export const retrainOptionsSchema = z.object({
  /** Labelled rows without which a retraining makes no sense. */
  minLabels: z.number().int().min(20).default(200),
  /** At most this many of the newest labelled rows are used. */
  maxRows: z.number().int().min(100).max(1_000_000).default(50_000),
  /** The newest part of the labelled rows, kept out of the training to compare champion and challenger on. */
  holdout: z.number().min(0.1).max(0.9).default(0.3),
  /** What decides; `averagePrecision` for two classes, `accuracy` for several, `rmse` for numbers when left out. */
  metric: z.string().optional(),
  /** By how much the challenger must be better. */
  margin: z.number().min(0).default(0.005),
  /** Which alias a better challenger takes over. */
  alias: z.string().default('champion'),
  /** How long no further retraining of the deployment starts by itself. */
  cooldown: durationSchema.default(3_600_000),
});
export type RetrainOptions = z.infer<typeof retrainOptionsSchema>;

/** Rows without which champion and challenger are not compared where no time column says which are the newest. */
const ROWS_TO_COMPARE = 20;

/**
 * Labels that a retraining needs: `minLabels`, and without a time column as many that the part of them that is held out is enough to
 * compare on.
 */
export const labelsNeeded = (
  { minLabels, holdout }: Pick<RetrainOptions, 'minLabels' | 'holdout'>,
  { timeColumn }: Pick<TrainingSpec, 'timeColumn'>,
): number =>
  timeColumn === undefined ? Math.max(minLabels, Math.ceil((ROWS_TO_COMPARE - 0.5) / holdout)) : minLabels;
