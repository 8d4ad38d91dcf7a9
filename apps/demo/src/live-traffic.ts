import type { Feature } from '@trestle/model';
import { z } from 'zod';
import { demoError } from './demo-error.ts';
import { SIZE, SPEED, type Strike, TARGET } from './records.ts';

/** What a caller sends for one strike: the model's features, typed, missing ones as null. */
export type LiveRow = Readonly<Record<string, string | number | null>>;

const ROWS_PER_REQUEST = 20;
const KMH_PER_KNOT = 1.852;
const SIZE_CODES: Readonly<Record<string, string>> = { Small: 'S', Medium: 'M', Large: 'L' };

export const liveRow = (strike: Strike, features: readonly Feature[]): LiveRow =>
  Object.fromEntries(
    features.map(({ name, type }) => {
      const text = strike[name] ?? '';
      if (text === '') return [name, null];
      return [name, type === 'number' ? Number(text) : text];
    }),
  );

/** What a new upstream form makes of a row: speeds in km/h, sizes as codes. Nobody told the model. */
export function shifted(row: LiveRow): LiveRow {
  const speed = row[SPEED];
  const size = row[SIZE];
  return {
    ...row,
    [SPEED]: typeof speed === 'number' ? Math.round(speed * KMH_PER_KNOT) : null,
    [SIZE]: typeof size === 'string' ? (SIZE_CODES[size] ?? size) : null,
  };
}

export const answerSchema = z.object({
  id: z.string(),
  model: z.object({ name: z.string(), version: z.number() }),
  predictions: z.array(z.record(z.string(), z.unknown())),
});
export type Answer = z.infer<typeof answerSchema>;

/** What really happened to the strike of a row, by the id of its prediction. */
export interface Label {
  readonly id: string;
  readonly row: number;
  readonly label: boolean;
}

/** Asks the server over HTTP, some rows at a time, and keeps what the labels will be. */
export async function sendTraffic(
  url: string,
  strikes: readonly Strike[],
  rows: readonly LiveRow[],
  onSent: (sent: number) => void,
): Promise<{ readonly answers: readonly Answer[]; readonly labels: readonly Label[] }> {
  const answers: Answer[] = [];
  const labels: Label[] = [];
  for (let start = 0; start < rows.length; start += ROWS_PER_REQUEST) {
    const batch = rows.slice(start, start + ROWS_PER_REQUEST);
    const answer = answerSchema.parse(await post(url, { rows: batch }));
    answers.push(answer);
    for (const row of batch.keys()) {
      labels.push({ id: answer.id, row, label: strikes[start + row]?.[TARGET] === 'true' });
    }
    onSent(labels.length);
  }
  return { answers, labels };
}

export async function post(url: string, body: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  throw demoError('REQUEST_FAILED', {
    kind: 'failed',
    message: `POST ${new URL(url).pathname} answered ${response.status}: ${text.slice(0, 300)}`,
    hint: 'This is a defect; please report it.',
  });
}
