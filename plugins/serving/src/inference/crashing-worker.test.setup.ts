import process from 'node:process';
import type { Answer, Task } from './task.ts';

/** A worker that ends in the middle of its work when a row says so, and is slow when one says so. */
export default async function work({ ask }: Task): Promise<Answer> {
  const rows = ask.kind === 'predict' ? ask.rows : [];
  if (rows.some((row) => row.crash === true)) process.exit(3);
  await new Promise((resolve) => setTimeout(resolve, 50));
  return {
    kind: 'predicted',
    predictions: rows.map((row) => ({ label: String(row.x) })),
    statistics: [],
    rounded: [],
  };
}
