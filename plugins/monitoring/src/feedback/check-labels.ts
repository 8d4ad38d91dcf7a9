import type { Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { type ModelFacts, modelFactsToken } from '../model-facts.ts';
import { monitorError } from '../monitor-error.ts';
import { monitoringConfig } from '../rules/monitoring-config.ts';
import type { MonitoringTables } from '../tables.ts';
import { ELSEWHERE } from '../watched.ts';
import type { LabelEntry } from './feedback-schemas.ts';
import { predictionsOf } from './logged-predictions.ts';

/** Classes that an error names. */
const SHOWN_CLASSES = 20;

/**
 * Checks that each label is one that the model which answered could have given: a class of it, or a finite number. All of them are
 * checked before any is kept, so that a wrong one never takes the place of a right one. Labels of unknown predictions are left to
 * whoever keeps them.
 *
 * @throws TRS_MONITOR_LABEL_UNKNOWN naming the first that is not, and the classes
 */
export async function checkLabels(
  scope: Scope,
  deployment: string,
  labels: readonly LabelEntry[],
): Promise<void> {
  const db = (await scope.service(metadataToken)).query<MonitoringTables>();
  const known = await predictionsOf(db, deployment, [...new Set(labels.map(({ id }) => id))]);
  const reader = await scope.service(modelFactsToken);
  const facts = new Map<string, ModelFacts>();
  for (const { model, version } of known.values()) {
    const reference = `${model}@${version}`;
    if (!facts.has(reference)) facts.set(reference, await reader.of({ name: model, version }));
  }
  const declared = deployment in scope.config(monitoringConfig).monitors;
  const monitor = declared ? await reader.of({ name: deployment, version: ELSEWHERE }) : undefined;
  for (const [place, entry] of labels.entries()) {
    const prediction = known.get(entry.id);
    const reference = prediction && `${prediction.model}@${prediction.version}`;
    const reason = reasonAgainst(entry.label, reference === undefined ? monitor : facts.get(reference));
    if (reason === undefined) continue;
    throw monitorError('LABEL_UNKNOWN', {
      kind: 'invalid',
      message: `The label ${JSON.stringify(entry.label)} (entry ${place}: ${entry.id}, row ${entry.row}) cannot be kept: ${reason(reference ?? 'the model')}.`,
      hint: 'Nothing of this was kept. Send each label as the model spells it.',
      details: { entry: place, id: entry.id, row: entry.row, label: entry.label },
    });
  }
}

function reasonAgainst(
  label: LabelEntry['label'],
  facts: ModelFacts | undefined,
): ((model: string) => string) | undefined {
  const isEmpty = typeof label === 'string' && label.trim() === '';
  const classes = facts?.classes ?? [];
  if (classes.length > 0) {
    if (typeof label === 'number' && Number.isInteger(label) && !Number.isSafeInteger(label))
      return () => 'JSON does not carry whole numbers beyond 2^53 exactly: send the class as a text';
    if (classes.includes(String(label))) return undefined;
    const more = classes.length > SHOWN_CLASSES ? `, … (${classes.length} in all)` : '';
    const named = `${classes.slice(0, SHOWN_CLASSES).join(', ')}${more}`;
    return (model) =>
      `${isEmpty ? 'an empty text is no label' : `it is no class of ${model}`}; its classes are ${named}`;
  }
  if (isEmpty) return () => 'an empty text is no label';
  if (facts?.task !== 'regression') return undefined;
  const isNumber = typeof label !== 'boolean' && Number.isFinite(Number(label));
  return isNumber ? undefined : (model) => `${model} predicts numbers`;
}
