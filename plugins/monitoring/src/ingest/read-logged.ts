import { issueWords, placeInJson } from '@trestle/kernel';
import { z } from 'zod';
import type { ModelFacts } from '../model-facts.ts';
import { monitorError } from '../monitor-error.ts';

/** Rows of one request: more come in several. */
export const MAX_LOGGED = 20_000;
const MAX_FEATURES = 5_000;

const outputSchema = z.union([
  z.number(),
  z.string().max(1_000),
  z.boolean(),
  z.strictObject({
    label: z.union([z.string(), z.number(), z.boolean()]).optional(),
    probabilities: z.record(z.string(), z.number().min(0).max(1)).optional(),
    value: z.number().optional(),
  }),
]);

/** When a prediction was made, as `Date` reads it. */
export const timeSchema = z
  .string()
  .refine((text) => Number.isFinite(Date.parse(text)), 'it is no time: write 2026-03-01T12:00:00Z');

/** A prediction that was made elsewhere. */
export const loggedEntrySchema = z.strictObject({
  id: z.string().min(1).max(200),
  /** When it was made, ISO 8601; now when left out. */
  time: timeSchema.optional(),
  features: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .refine((features) => Object.keys(features).length <= MAX_FEATURES, `at most ${MAX_FEATURES} features`),
  prediction: outputSchema,
  model_version: z.union([z.string().min(1).max(200), z.number()]).optional(),
  latency_ms: z.number().min(0).optional(),
});
export type LoggedEntry = z.infer<typeof loggedEntrySchema>;

export const logBodySchema = z.strictObject({
  predictions: z.array(loggedEntrySchema).min(1).max(MAX_LOGGED),
});

/** Reads `{"predictions": […]}`. @throws TRS_MONITOR_LOG_INVALID naming the entry and the reason */
export function entriesOfBody(text: string): readonly LoggedEntry[] {
  const result = logBodySchema.safeParse(parsed(text, 'the body'), { error: issueWords });
  if (result.success) return result.data.predictions;
  const issue = result.error.issues[0];
  throw invalid(issue?.path.join('.') || 'the body', issue?.message ?? 'not valid');
}

/** Reads one object a line. @throws TRS_MONITOR_LOG_INVALID naming the line and the reason */
export function entriesOfLines(text: string): readonly LoggedEntry[] {
  const entries: LoggedEntry[] = [];
  for (const [place, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    if (entries.length === MAX_LOGGED)
      throw invalid(`line ${place + 1}`, `at most ${MAX_LOGGED} predictions a request`);
    entries.push(entryOf(parsed(line, `line ${place + 1}`), `line ${place + 1}`));
  }
  if (entries.length === 0) throw invalid('the body', 'it holds no prediction');
  return entries;
}

export function entryOf(value: unknown, where: string): LoggedEntry {
  const result = loggedEntrySchema.safeParse(value, { error: issueWords });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw invalid(where, `${issue?.path.join('.') || 'it'}: ${issue?.message}`);
}

/**
 * What was said, in the form in which answers are logged here: `{"value"}` of a number, `{"label", "probabilities"?}` of a class. A number of a
 * classifier of two is the probability of the second.
 *
 * @throws TRS_MONITOR_LOG_INVALID
 */
export function outputOf(
  { task, classes }: Pick<ModelFacts, 'task' | 'classes'>,
  said: LoggedEntry['prediction'],
  where: string,
): Readonly<Record<string, unknown>> {
  if (typeof said === 'object') {
    const { label, probabilities, value } = said;
    if (task === 'regression' ? value === undefined : label === undefined && probabilities === undefined)
      throw invalid(
        where,
        `prediction: it needs ${task === 'regression' ? '"value"' : '"label" or "probabilities"'}`,
      );
    for (const name of Object.keys(probabilities ?? {}))
      if (classes.length > 0 && !classes.includes(name))
        throw invalid(
          where,
          `prediction.probabilities: "${name}" is no class; there are ${classes.join(', ')}`,
        );
    const best = Object.entries(probabilities ?? {}).toSorted((a, b) => b[1] - a[1])[0]?.[0];
    const named = label ?? best;
    return {
      ...(named === undefined ? {} : { label: classOf(classes, named, where) }),
      ...(probabilities ? { probabilities } : {}),
      ...(value === undefined ? {} : { value }),
    };
  }
  if (task === 'regression') {
    if (typeof said !== 'number') throw invalid(where, `prediction: ${JSON.stringify(said)} is no number`);
    return { value: said };
  }
  const [first, second] = classes;
  if (typeof said === 'number' && classes.length === 2 && !classes.includes(String(said))) {
    if (said < 0 || said > 1) throw invalid(where, `prediction: ${said} is no probability`);
    return {
      label: said >= 0.5 ? second : first,
      probabilities: { [first ?? '']: 1 - said, [second ?? '']: said },
    };
  }
  return { label: classOf(classes, said, where) };
}

function classOf(classes: readonly string[], label: string | number | boolean, where: string): string {
  const name = String(label);
  if (classes.length === 0 || classes.includes(name)) return name;
  throw invalid(where, `prediction: "${name}" is no class; there are ${classes.slice(0, 20).join(', ')}`);
}

export function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(where, `it is no JSON (${placeInJson(cause, text)})`);
  }
}

export const invalid = (where: string, reason: string) =>
  monitorError('LOG_INVALID', {
    kind: 'invalid',
    message: `The predictions cannot be kept: ${where}: ${reason}.`,
    hint: 'Send {"predictions": [{"id": "…", "time": "2026-03-01T12:00:00Z", "features": {…}, "prediction": 0.7}]}. Nothing of this request was kept.',
    details: { where, reason },
  });
