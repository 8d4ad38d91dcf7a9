import process from 'node:process';
import type { Command } from '@oclif/core';
import { flagValue } from './argv.ts';
import { DemoCommand } from './command/demo.ts';
import { operationCommand } from './command/operation-command.ts';
import { ServeCommand } from './command/serve.ts';
import { WorkerCommand } from './command/worker.ts';
import { thisProject } from './open-project.ts';

/** Of this project: those that come with Trestle and those of its own plugins. */
const { operations } = await thisProject(flagValue(process.argv, '--project'));

const operationCommands: Record<string, typeof Command> = Object.fromEntries(
  [...operations.values()].map((operation) => [operation.id.replace('.', ':'), operationCommand(operation)]),
);

/** Every command by its id, as oclif's explicit strategy wants it. `data.add` is `trestle data add`. */
export const COMMANDS: Record<string, typeof Command> = {
  demo: DemoCommand,
  serve: ServeCommand,
  worker: WorkerCommand,
  ...operationCommands,
};
