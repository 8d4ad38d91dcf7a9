import process from 'node:process';
import type { Command } from '@oclif/core';
import type { AnyOperation } from '@trestle/kernel';
import { commandFirst, flagValue, wordsOf } from './argv.ts';
import { DemoCommand } from './command/demo.ts';
import { operationCommand } from './command/operation-command.ts';
import { ServeCommand } from './command/serve.ts';
import { WorkerCommand } from './command/worker.ts';
import { thisProject } from './open-project.ts';

/** Of this project: those that come with Trestle and those of its own plugins. */
const { operations } = await thisProject(flagValue(process.argv, '--project'));

/** The id of an operation's command: `data.add` is `data:add`, typed as `trestle data add`. */
const commandId = (operation: AnyOperation): string => operation.id.replace('.', ':');

/**
 * The operations that what was typed can mean: one where its words name it, else all. oclif reads the flags of each command that it
 * is given, and to make them of an operation's schema takes time.
 */
function meantOperations(): readonly AnyOperation[] {
  const all = [...operations.values()];
  const words = wordsOf(commandFirst(process.argv.slice(2)));
  const [named] = [words.slice(0, 2).join(':'), words[0]].flatMap((id) =>
    all.filter((operation) => commandId(operation) === id),
  );
  if (named === undefined) return all;
  return all.filter(
    (operation) => operation === named || commandId(operation).startsWith(`${commandId(named)}:`),
  );
}

/** The commands by their ids, as oclif's explicit strategy wants them. */
export const COMMANDS: Record<string, typeof Command> = {
  demo: DemoCommand,
  serve: ServeCommand,
  worker: WorkerCommand,
  ...Object.fromEntries(
    meantOperations().map((operation) => [commandId(operation), operationCommand(operation)]),
  ),
};
