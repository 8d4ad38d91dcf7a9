import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { Command } from '@oclif/core';
import { type AnyOperation, isProject } from '@trestle/kernel';
import { interruption } from '../interruption.ts';
import { localUser, sayBegun, thisProject } from '../open-project.ts';
import { progressLine } from '../render/progress-line.ts';
import { globalFlags } from './global-flags.ts';
import { inputFrom, parametersOf } from './parameters.ts';

/** The exit code when a check said no. */
const REFUSED = 3;

/** Makes the command of an operation. Errors pass through: the main function prints them. */
export function operationCommand(operation: AnyOperation): typeof Command {
  const parameters = parametersOf(operation);
  return class extends Command {
    static override summary = operation.summary;
    static override examples = [...(operation.examples ?? [])];
    static override args = parameters.args;
    static override flags = { ...parameters.flags, ...globalFlags };

    override async run(): Promise<void> {
      const { args, flags } = await this.parse({
        args: parameters.args,
        flags: { ...parameters.flags, ...globalFlags },
      });
      const input = inputFrom(operation, args, flags);
      const call = async () =>
        flags.server
          ? await callServer(operation, input, flags.server)
          : await callHere(operation, input, flags.project);
      if (operation.refreshMs !== undefined && process.stdout.isTTY && !flags.json)
        return await watch(operation, call, operation.refreshMs);
      const output = await call();
      process.stdout.write(
        flags.json ? `${JSON.stringify(output, null, 2)}\n` : await show(operation, output),
      );
      if (operation.verdict?.(output as never) === false) process.exitCode = REFUSED;
    }

    // oclif would print the error itself; the main function prints all of them in one way.
    protected override async catch(error: Error): Promise<never> {
      throw error;
    }
  };
}

const CLEAR = '\u001b[H\u001b[J';

/** Draws a query's result again and again, until it is interrupted. */
async function watch(
  operation: AnyOperation,
  call: () => Promise<unknown>,
  refreshMs: number,
): Promise<void> {
  const stop = interruption();
  while (!stop.aborted) {
    const drawn = await show(operation, await call());
    process.stdout.write(`${CLEAR}${drawn}\nCtrl-C ends this.\n`);
    await setTimeout(refreshMs, undefined, { signal: stop }).catch(() => {});
  }
}

async function callHere(
  operation: AnyOperation,
  input: unknown,
  project: string | undefined,
): Promise<unknown> {
  const host = await thisProject(project);
  const progress = progressLine(process.stderr);
  const begins = operation.beginsProject === true && !isProject(host.project);
  try {
    return await host.runById(operation.id, input, {
      principal: localUser(),
      surface: 'cli',
      signal: interruption(),
      onProgress: progress.update,
    });
  } finally {
    progress.clear();
    await host.close();
    if (begins && isProject(host.project)) sayBegun(host);
  }
}

async function callServer(operation: AnyOperation, input: unknown, url: string): Promise<unknown> {
  const { createClient } = await import('@trestle/client');
  const progress = progressLine(process.stderr);
  try {
    const token = process.env.TRESTLE_TOKEN;
    const client = createClient({ url, ...(token ? { token } : {}) });
    return await client.call(operation.id, input, { signal: interruption(), onProgress: progress.update });
  } finally {
    progress.clear();
  }
}

async function show(operation: AnyOperation, output: unknown): Promise<string> {
  // The output was checked by the operation's own schema, which is what `present` takes.
  const views = operation.present?.(output as never);
  if (!views) return `${JSON.stringify(output, null, 2)}\n`;
  // Loaded here: help and --json do without.
  const { renderViews } = await import('../render/render-views.ts');
  return renderViews(views, process.stdout);
}
