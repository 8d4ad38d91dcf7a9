import { type LoggedPrediction, predictionLogToken } from '@trestle/contracts';
import type { Host } from '@trestle/kernel';
import { binValues } from './drift/bin-values.ts';
import type { DriftReference, FeatureReference } from './drift/reference.ts';
import { probability, type Row } from './neighbours.test.setup.ts';

/** Mulberry32: a small seeded generator, so that a rate measured here is the same everywhere. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const KINDS = ['duck', 'goose', 'gull', 'hawk'] as const;

/** Each kind's share of damage. `shifted` traffic brings kinds that nobody saw before, and other units of speed. */
const DAMAGE: Readonly<Record<string, number>> = { duck: 0.1, goose: 0.7, gull: 0.2, hawk: 0.5 };

export interface TrueRow extends Row {
  readonly kind: string;
  readonly speed: number;
  readonly time: string;
  readonly damaged: 'yes' | 'no';
}

export function drawRows(seed: number, count: number, shifted = false, from = '2026-01-01'): TrueRow[] {
  const random = seeded(seed);
  const start = Date.parse(from);
  return Array.from({ length: count }, (_, k) => {
    const kind = KINDS[Math.floor(4 * random())] ?? 'duck';
    const rate = DAMAGE[kind] ?? 0.5;
    return {
      kind: shifted ? `${kind}, southern` : kind,
      speed: (shifted ? 2 : 1) * (100 + 50 * random()),
      time: new Date(start + k * 60_000).toISOString(),
      damaged: random() < rate ? 'yes' : 'no',
    };
  });
}

/** The statistics that training would keep of these rows. */
export function referenceOf(rows: readonly Row[]): DriftReference {
  const speeds = rows.map((row) => Number(row.speed)).sort((a, b) => a - b);
  const edges = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((k) => speeds[Math.floor((k * speeds.length) / 10)] ?? 0);
  const bare: FeatureReference = { kind: 'numeric', name: 'speed', edges, counts: [], nulls: 0 };
  const count = (kind: string): number => rows.filter((row) => row.kind === kind).length;
  return {
    features: [
      { ...bare, ...binValues(bare, speeds) },
      {
        kind: 'categorical',
        name: 'kind',
        top: KINDS.map((kind) => [kind, count(kind)]),
        other: 0,
        nulls: 0,
      },
    ],
    score: undefined,
  };
}

/** Answers rows as the deployed model would, one request per row, and logs them. Returns the ids. */
export async function sendTraffic(
  host: Host,
  rows: readonly TrueRow[],
  model: { readonly version: number; readonly rates: Record<string, number> },
  prefix = 'p',
): Promise<string[]> {
  const log = await host.service(predictionLogToken);
  const ids = rows.map((row, k) => {
    const entry = logged(`${prefix}-${k}`, row, model);
    log.append(entry);
    return entry.id;
  });
  await log.flush();
  return ids;
}

export function logged(
  id: string,
  row: TrueRow,
  model: { readonly version: number; readonly rates: Record<string, number> },
): LoggedPrediction {
  const yes = probability(model.rates, row);
  return {
    id,
    deployment: 'strikes',
    revision: 1,
    model: { name: 'strikes', version: model.version },
    time: row.time,
    latencyMs: 2,
    count: 1,
    inputs: JSON.stringify([{ kind: row.kind, speed: row.speed }]),
    outputs: JSON.stringify([{ label: yes > 0.5 ? 'yes' : 'no', probabilities: { no: 1 - yes, yes } }]),
    imputed: 0,
  };
}
