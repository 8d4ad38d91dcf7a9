import { extensionPoint } from '@trestle/kernel/spec';
import { z } from 'zod';

export const paramValueSchema = z.union([z.string(), z.number(), z.boolean()]);
export type ParamValue = z.infer<typeof paramValueSchema>;

/** The parameter is there only where others have these values. */
const when = z.record(z.string(), z.union([paramValueSchema, z.array(paramValueSchema)])).optional();
const scale = z.enum(['linear', 'log']).default('linear');
const range = { low: z.number(), high: z.number(), scale, when };

/** What a parameter may be. */
export const searchParamSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('float'), ...range }),
    z.strictObject({ type: z.literal('int'), ...range, low: z.number().int(), high: z.number().int() }),
    z.strictObject({ type: z.literal('choice'), values: z.array(paramValueSchema).min(1), when }),
  ])
  .refine((param) => param.type === 'choice' || param.low < param.high, 'low must be below high')
  .refine(
    (param) => param.type === 'choice' || param.scale === 'linear' || param.low > 0,
    'on a log scale low must be above 0',
  );
export type SearchParam = z.infer<typeof searchParamSchema>;

/** Parameters by name; one with `when` stands behind those that it names. */
export const searchSpaceSchema = z.record(z.string().min(1).max(250), searchParamSchema);
export type SearchSpace = Readonly<Record<string, SearchParam>>;
export type SearchParams = Readonly<Record<string, ParamValue>>;

/** A trial that is over. */
export interface PastTrial {
  readonly params: SearchParams;
  readonly state: 'complete' | 'pruned' | 'failed';
  /** What decides, less is better; missing where it failed, or is no finite number. */
  readonly value?: number | undefined;
  /** What decides as it was measured on the way, less is better. */
  readonly values: readonly number[];
}

/** What the next trial tries. Equal arguments give equal parameters. */
export interface SearchStrategy {
  /** What `strategy` calls it. */
  readonly name: string;
  /** @param random uniform in [0, 1), from the seed and the number of the trial */
  readonly propose: (search: {
    readonly space: SearchSpace;
    readonly past: readonly PastTrial[];
    readonly random: () => number;
  }) => SearchParams;
}

/** Ends trials that are not worth their time. Equal arguments give equal answers. */
export interface PruningRule {
  /** What `prune` calls it. */
  readonly name: string;
  /** Asked after each measurement of what decides. @param values so far, less is better */
  readonly isToEnd: (trial: {
    readonly values: readonly number[];
    readonly past: readonly PastTrial[];
  }) => boolean;
}

/** Where a plugin adds strategies of its own. */
export const searchStrategies = extensionPoint<SearchStrategy>('training.search-strategies');
/** Where a plugin adds rules that end trials. */
export const pruningRules = extensionPoint<PruningRule>('training.pruning-rules');
