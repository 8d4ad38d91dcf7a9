import { findMetric } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { trackingError } from '../tracking-error.ts';

/** Of a series: its newest value, its least, its greatest. */
export const AGGREGATES = ['last', 'low', 'high'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

const FIELDS = {
  started: 'started_at',
  finished: 'finished_at',
  run: 'run',
  experiment: 'experiment',
  kind: 'kind',
  status: 'status',
  by: 'by',
} as const;

/** Something of a run by which runs are sorted and chosen. */
export type RunKey =
  | { readonly of: 'field'; readonly column: (typeof FIELDS)[keyof typeof FIELDS] }
  | { readonly of: 'param' | 'tag'; readonly name: string }
  | { readonly of: 'metric'; readonly name: string; readonly aggregate: Aggregate };

const METRIC_WORDS: Readonly<Record<string, Aggregate>> = { metric: 'last', min: 'low', max: 'high' };

export const KEY_RULE =
  'started, finished, run, experiment, kind, status, by, param:NAME, tag:NAME, metric:NAME (the last value), min:NAME, max:NAME or best:NAME';

/** @throws TRS_TRACKING_KEY, TRS_TRACKING_DIRECTION */
export function readKey(scope: Scope, text: string): RunKey {
  const field = Object.entries(FIELDS).find(([name]) => name === text);
  if (field) return { of: 'field', column: field[1] };
  const cut = text.indexOf(':');
  const [word, name] = [text.slice(0, Math.max(0, cut)), text.slice(cut + 1)];
  if (name !== '') {
    if (word === 'param' || word === 'tag') return { of: word, name };
    if (word === 'best') return { of: 'metric', name, aggregate: bestOf(scope, name) };
    const aggregate = METRIC_WORDS[word];
    if (aggregate !== undefined) return { of: 'metric', name, aggregate };
  }
  throw trackingError('KEY', {
    kind: 'invalid',
    message: `Runs have nothing called ${JSON.stringify(text.slice(0, 100))}.`,
    hint: `It must be ${KEY_RULE}.`,
    details: { key: text.slice(0, 100) },
  });
}

/** Which way a series is better, by the last part of its name: `test/rocAuc` is a rocAuc. */
export const directionOf = (scope: Scope, name: string): 'higher' | 'lower' | undefined =>
  findMetric(scope, name.slice(name.lastIndexOf('/') + 1))?.better;

function bestOf(scope: Scope, name: string): Aggregate {
  const better = directionOf(scope, name);
  if (better !== undefined) return better === 'higher' ? 'high' : 'low';
  throw trackingError('DIRECTION', {
    kind: 'invalid',
    message: `Nobody knows whether more or less of "${name}" is better.`,
    hint: `Say min:${name} or max:${name}.`,
    details: { metric: name },
  });
}
