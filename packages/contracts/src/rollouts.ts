import { extensionPoint } from '@trestle/kernel/spec';
import { z } from 'zod';

const countSchema = z.number().int().nonnegative();

/** How many numbers lie in each bin of `logBin`, by its number: bins never move, so that counts of processes and hours add up. */
export const binCountsSchema = z.record(z.string(), countSchema);
export type BinCounts = z.infer<typeof binCountsSchema>;

/**
 * What became of the requests that one version got. A request is what is assigned to a version, so it counts once, however many rows
 * it has: scores and labels are those of its first row. A request that was refused because too many were waiting is not counted.
 */
export const armEvidenceSchema = z.object({
  requests: countSchema,
  /** Of those, how many it did not answer: it failed, was too late, took its thread down, or refused rows that the other may take. */
  errors: countSchema,
  /** Milliseconds, of what was answered. */
  latencies: binCountsSchema,
  /** The probability, the value, or the highest of several probabilities. */
  scores: binCountsSchema,
  /** How many labels came, and how far answers were from them: 1 for another class than the label, else the absolute error. */
  labelled: countSchema,
  losses: binCountsSchema,
});
export type ArmEvidence = z.infer<typeof armEvidenceSchema>;

/** Requests that both versions got, of which the champion's answer went out. */
export const pairEvidenceSchema = z.object({
  compared: countSchema,
  /** Another class. */
  differing: countSchema,
  /** How far scores were from each other. */
  differences: binCountsSchema,
  /** How often the challenger took longer than the champion. */
  slower: countSchema,
  /** How often one of them alone failed. */
  onlyChampionFailed: countSchema,
  onlyChallengerFailed: countSchema,
  /** Not mirrored, as the challenger had too many under way. */
  dropped: countSchema,
});
export type PairEvidence = z.infer<typeof pairEvidenceSchema>;

/** What was seen in one step. Within a step the shares do not change, so that both versions saw the same world. */
export const stepEvidenceSchema = z.object({
  step: countSchema,
  /** Of the requests, how many the challenger answers: from 0 to 1. */
  share: z.number().min(0).max(1),
  champion: armEvidenceSchema,
  challenger: armEvidenceSchema,
  pairs: pairEvidenceSchema,
});
export type StepEvidence = z.infer<typeof stepEvidenceSchema>;

/** How requests are shared: both from 0 to 1. */
export interface Traffic {
  /** Of all requests, how many the challenger answers. Who gets it at a share also gets it at a larger one. */
  readonly share: number;
  /** Of those that the champion answers, how many the challenger is asked besides; its answer goes to nobody. */
  readonly mirrored: number;
}

/** A quantity by which the versions are compared, for tables and pictures. */
export const measureSchema = z.object({
  /** `errors`, `latency over 48 ms (p95)`. */
  name: z.string(),
  /** What it is of each version, null where nothing is known, and of how many requests. */
  champion: z.object({ value: z.number().nullable(), of: countSchema }),
  challenger: z.object({ value: z.number().nullable(), of: countSchema }),
  /** By how much the challenger exceeds the champion: more is worse. Bounds hold at all times at once; null where there is none. */
  excess: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  /** An excess below this is put up with. */
  tolerance: z.number(),
  state: z.enum(['worse', 'within', 'open']),
});
export type Measure = z.infer<typeof measureSchema>;

export const rolloutVerdictSchema = z.object({
  /** `hold`: nothing changes; `advance`: the next step; `promote`: the challenger serves; `rollback`: it goes. */
  decision: z.enum(['hold', 'advance', 'promote', 'rollback']),
  /** Why, in sentences with the numbers. */
  reasons: z.array(z.string()).min(1),
  measures: z.array(measureSchema),
  /** Plain data that the next verdict is given, and the shares. */
  memory: z.unknown().optional(),
});
export type RolloutVerdict = z.infer<typeof rolloutVerdictSchema>;

/** What a verdict is made of. */
export interface RolloutSoFar {
  /** Counts from 0 with each `advance`. */
  readonly step: number;
  /** Every step so far, the present one last. */
  readonly evidence: readonly StepEvidence[];
  /** How long it and its step have been going on, pauses left out. */
  readonly elapsedMs: number;
  readonly stepMs: number;
  /** Processes that serve the deployment now, and how many of them have answered the challenger's golden examples rightly. */
  readonly processes: { readonly serving: number; readonly warm: number };
  /** What the last verdict left. */
  readonly memory: unknown;
}

/** What has to be watched; what is not wanted is not counted. */
export interface EvidenceWanted {
  /** Requests, errors and latencies. */
  readonly outcomes: boolean;
  readonly scores: boolean;
  readonly labels: boolean;
  /** Whether each serving process opens the challenger and replays its golden examples ahead of its first request. */
  readonly warmUp: boolean;
}

/** A strategy with its options: what one rollout does. All of it is pure: the same in every process, and after a crash. */
export interface RolloutPlan {
  /** As the schema left them: plain data, kept with the rollout, of which `plan` makes the same plan again. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly wants: EvidenceWanted;
  /** What is going to happen, one sentence a step. */
  readonly explain: readonly string[];
  traffic(at: Pick<RolloutSoFar, 'step' | 'memory'>): Traffic;
  judge(soFar: RolloutSoFar): RolloutVerdict;
}

/** A way for a new version to come to serve. */
export interface RolloutStrategy {
  /** What `--strategy` calls it. */
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  readonly options: z.ZodObject;
  /** @param options what `options` takes; it is parsed here */
  plan(options: unknown): RolloutPlan;
}

/** A strategy as its author writes it: `Options` is the schema's output. */
export interface RolloutStrategyParts<Options extends z.ZodObject> {
  readonly name: string;
  readonly summary: string;
  readonly options: Options;
  readonly wants: (options: z.output<Options>) => EvidenceWanted;
  readonly explain: (options: z.output<Options>) => readonly string[];
  readonly traffic: (options: z.output<Options>, at: Pick<RolloutSoFar, 'step' | 'memory'>) => Traffic;
  /** Asked before the rollout begins, too, when nothing has been seen: who promotes then needs no rollout. */
  readonly judge: (options: z.output<Options>, soFar: RolloutSoFar) => RolloutVerdict;
}

/**
 * Defines a rollout strategy: what a plugin contributes to `rolloutStrategies`.
 *
 * @example
 * rolloutStrategy({
 *   name: 'overnight',
 *   summary: 'Half the traffic for eight hours, then all of it.',
 *   options: z.strictObject({}),
 *   wants: () => ({ outcomes: false, scores: false, labels: false, warmUp: false }),
 *   explain: () => ['50 % for eight hours.', 'Then all.'],
 *   traffic: () => ({ share: 0.5, mirrored: 0 }),
 *   judge: (_, { elapsedMs }) => ({
 *     decision: elapsedMs < 8 * 3_600_000 ? 'hold' : 'promote',
 *     reasons: [`${Math.floor(elapsedMs / 3_600_000)} of 8 hours are over.`],
 *     measures: [],
 *   }),
 * });
 */
export const rolloutStrategy = <Options extends z.ZodObject>({
  name,
  summary,
  options: schema,
  wants,
  explain,
  traffic,
  judge,
}: RolloutStrategyParts<Options>): RolloutStrategy => ({
  name,
  summary,
  options: schema,
  plan(given) {
    const options = schema.parse(given);
    return {
      options,
      wants: wants(options),
      explain: explain(options),
      traffic: (at) => traffic(options, at),
      judge: (soFar) => judge(options, soFar),
    };
  },
});

/** Where a plugin adds a rollout strategy: `--strategy` takes its name, `--options` what its schema names. */
export const rolloutStrategies = extensionPoint<RolloutStrategy>('serving.rolloutStrategies');

export const NO_ARM_EVIDENCE: ArmEvidence = {
  requests: 0,
  errors: 0,
  latencies: {},
  scores: {},
  labelled: 0,
  losses: {},
};

export const NO_PAIR_EVIDENCE: PairEvidence = {
  compared: 0,
  differing: 0,
  differences: {},
  slower: 0,
  onlyChampionFailed: 0,
  onlyChallengerFailed: 0,
  dropped: 0,
};
