import { toTrestleError } from '@trestle/kernel';
import { deliver } from './deliver.ts';
import { leftOutboxes, type TargetName } from './outbox.ts';
import type { Target } from './target.ts';

export interface Left {
  readonly run: string;
  /** How many messages arrived. */
  readonly sent: number;
  /** Why the rest did not. */
  readonly waits?: string;
  readonly refused: number;
}

/**
 * Sends what processes left that are gone: killed, or without their server.
 *
 * @param targetOf undefined leaves those for such a place alone
 * @param only the run of which it is asked for
 */
export async function deliverLeft(
  root: string,
  targetOf: (name: TargetName) => Target | undefined,
  only?: string,
): Promise<readonly Left[]> {
  const done: Left[] = [];
  for (const outbox of leftOutboxes(root)) {
    const { run } = outbox;
    const target = targetOf(outbox.target);
    if (!target || (only !== undefined && run !== only)) continue;
    try {
      const { messages, refused } = await deliver(outbox, target, false);
      outbox.remove();
      done.push({ run, sent: messages, refused: refused.length });
    } catch (thrown) {
      done.push({ run, sent: 0, refused: 0, waits: toTrestleError(thrown).message });
    }
  }
  return done;
}
