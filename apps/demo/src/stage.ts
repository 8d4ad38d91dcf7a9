import type { Host, Operation, Progress, View } from '@trestle/kernel';
import type { z } from 'zod';
import type { Strike } from './records.ts';

/** What the steps of the demo share. */
export interface Stage {
  readonly host: Host;
  readonly dir: string;
  readonly signal: AbortSignal;
  /** Reports before the boundary: what there is to learn from. */
  readonly past: readonly Strike[];
  /** Reports behind it, oldest first. */
  readonly live: readonly Strike[];
  readonly show: (views: readonly View[]) => void;
  readonly onProgress: (progress: Progress) => void;
}

/** Opens a step: its name, why it is done, and the command that does the same by hand. */
export function announce(stage: Stage, title: string, why: string, command?: string): void {
  stage.show([
    { kind: 'heading', text: title },
    { kind: 'note', tone: 'info', text: why },
    ...(command === undefined ? [] : [byHand(command)]),
  ]);
}

/** A command on a line of its own, to be copied; it works in the demo's folder. */
export const byHand = (command: string): View => ({
  kind: 'text',
  text: `    npx ${command}`.replace('npx curl', 'curl'),
});

/** Runs an operation as the command line would, and shows its result the same way. */
export async function perform<Id extends string, I extends z.ZodObject, O extends z.ZodType>(
  stage: Stage,
  operation: Operation<Id, I, O>,
  input: z.input<I>,
): Promise<z.output<O>> {
  const output = await ask(stage, operation, input);
  stage.show(operation.present?.(output) ?? []);
  return output;
}

/** Runs an operation without showing its result. */
export const ask = <Id extends string, I extends z.ZodObject, O extends z.ZodType>(
  { host, signal, onProgress }: Stage,
  operation: Operation<Id, I, O>,
  input: z.input<I>,
): Promise<z.output<O>> => host.run(operation, input, { surface: 'cli', signal, onProgress });
