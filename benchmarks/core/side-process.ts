import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Limit, Workload } from './workload.ts';

/** A program that answers as `serve-side.ts` does. */
export interface SideProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Times {
  readonly bestMs: number;
  readonly medianMs: number;
  /** Of one run, on a GPU. */
  readonly dispatches?: number;
}

export interface SideProcess<Work = Workload | Limit> {
  open(workload: Work): Promise<{ readonly result: readonly number[] } | { readonly why: string }>;
  measure(ms: number): Promise<Times>;
  end(): void;
}

/** A module with `open`, in a Node of its own: sides share neither memory, nor collector, nor what one of them breaks. */
export const nodeSide = (module: string, env: Readonly<Record<string, string>> = {}): SideProgram => ({
  command: process.execPath,
  args: ['--no-warnings', join(import.meta.dirname, 'serve-side.ts'), module],
  env,
});

const TAIL = 2000;

export function startSide<Work extends object = Workload | Limit>({
  command,
  args,
  env = {},
}: SideProgram): SideProcess<Work> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  const replies = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-TAIL);
  });
  // What is written to a process that has ended: the missing answer says it.
  child.stdin.on('error', () => undefined);
  const started = new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  started.catch(() => undefined);

  async function ask<Reply>(request: object): Promise<Reply | { readonly why: string }> {
    await started;
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await replies.next();
    if (done) throw new Error(`its process ended: ${said.trim().split('\n').at(-1) ?? ''}`);
    return JSON.parse(value);
  }

  return {
    open: (workload) => ask({ open: workload }),
    async measure(ms) {
      const reply = await ask<Times>({ measureMs: ms });
      if ('why' in reply) throw new Error(reply.why);
      return reply;
    },
    end: () => void child.kill(),
  };
}
