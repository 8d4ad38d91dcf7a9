import type { Engine } from '../engine/engine.ts';
import { identifier } from '../engine/quote.ts';

export const SAMPLE = '"trestle sample"';
export const SAMPLE_ROWS = 10_000;
export const SAMPLED_COLUMNS = 1_000;

/** Rows that stand for the others, where every one would take too long. The same ones each time. */
export async function takeSample(
  engine: Engine,
  relation: string,
  columns: readonly { readonly name: string }[],
): Promise<void> {
  const list = columns.slice(0, SAMPLED_COLUMNS).map(({ name }) => identifier(name));
  await engine.run(
    `CREATE OR REPLACE TEMP TABLE ${SAMPLE} AS SELECT ${list.join(', ')} FROM ${relation} USING SAMPLE reservoir(${SAMPLE_ROWS} ROWS) REPEATABLE (1)`,
  );
}
