import type { Context } from '@trestle/kernel';
import { bufferedLogToken } from '../log/buffered-log-token.ts';
import { watchedOf } from '../watched.ts';
import { checkLabels } from './check-labels.ts';
import { type FeedbackResult, MAX_LABELS } from './feedback-schemas.ts';
import { readLabelFile } from './read-label-file.ts';
import { receiveLabels } from './receive-labels.ts';

/** Takes a file of labels in, group by group; repeating it after an interruption is safe. */
export async function feedback(
  ctx: Context,
  input: { readonly deployment: string; readonly input: string },
): Promise<FeedbackResult> {
  const { deployment } = await watchedOf(ctx, input.deployment);
  // The whole file is checked before any of it is kept.
  const labels = await readLabelFile(await ctx.files.read(input.input));
  await (await ctx.service(bufferedLogToken)).flush();
  for (let start = 0; start < labels.length; start += MAX_LABELS)
    await checkLabels(ctx, deployment, labels.slice(start, start + MAX_LABELS));
  const total: FeedbackResult = { deployment, received: 0, matched: 0, changed: 0, unmatched: [] };
  for (let start = 0; start < labels.length; start += MAX_LABELS) {
    const part = await receiveLabels(ctx, ctx, deployment, labels.slice(start, start + MAX_LABELS));
    total.received += part.received;
    total.matched += part.matched;
    total.changed += part.changed;
    if (part.early !== undefined) total.early = (total.early ?? 0) + part.early;
    total.unmatched.push(...part.unmatched);
    ctx.signal.throwIfAborted();
  }
  return total;
}
