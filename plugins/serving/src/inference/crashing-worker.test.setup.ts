import process from 'node:process';
import type { Answer, Task } from './task.ts';

/** A worker that ends in the middle of its work when a body says so, and takes its time over others. */
export default async function work({ ask, began }: Task): Promise<Answer> {
  new Int32Array(began)[0] = 1;
  const requests = ask.kind === 'answer' ? ask.requests : [];
  if (requests.some(({ body }) => body === 'crash')) process.exit(3);
  if (requests.some(({ body }) => body === 'hang')) for (;;);
  await new Promise((resolve) => setTimeout(resolve, 50));
  return {
    kind: 'answered',
    replies: requests.map(({ body }) => ({ kind: 'replied', rows: 1, body: `said ${String(body)}` })),
    batches: [],
  };
}
