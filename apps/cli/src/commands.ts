import process from 'node:process';
import type { Command } from '@oclif/core';
import { type AnyOperation, findProjectDir, openHost } from '@trestle/kernel';
import { jobsConfig, serverConfig } from '@trestle/server/config';
import { flagValue } from './argv.ts';
import { builtinPlugins } from './builtin-plugins.ts';
import { DemoCommand } from './command/demo.ts';
import { operationCommand } from './command/operation-command.ts';
import { ServeCommand } from './command/serve.ts';
import { WorkerCommand } from './command/worker.ts';

/** The operations of this project: those that come with Trestle and those of its own plugins. */
async function projectOperations(): Promise<Iterable<AnyOperation>> {
  const project = flagValue(process.argv, '--project');
  const host = await openHost({
    projectDir: project ?? findProjectDir(process.cwd()),
    plugins: builtinPlugins,
    sections: [serverConfig, jobsConfig],
  });
  return host.operations.values();
}

const operationCommands: Record<string, typeof Command> = Object.fromEntries(
  [...(await projectOperations())].map((operation) => [
    operation.id.replace('.', ':'),
    operationCommand(operation),
  ]),
);

/** Every command by its id, as oclif's explicit strategy wants it. `data.add` is `trestle data add`. */
export const COMMANDS: Record<string, typeof Command> = {
  demo: DemoCommand,
  serve: ServeCommand,
  worker: WorkerCommand,
  ...operationCommands,
};
