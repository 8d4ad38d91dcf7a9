import process from 'node:process';
import { Command } from '@oclif/core';
import { openProject } from '../open-project.ts';
import { globalFlags } from './global-flags.ts';
import { interruption } from './interruption.ts';

const flags = { project: globalFlags.project };

/** `trestle worker`: takes queued jobs until it is told to stop. */
export class WorkerCommand extends Command {
  static override summary = 'Run durable jobs, react to events and do scheduled work, without a server.';
  static override flags = flags;

  override async run(): Promise<void> {
    const { flags: typed } = await this.parse({ flags });
    const stop = interruption();
    const host = await openProject(typed.project);
    try {
      await host.start();
      process.stderr.write('Waiting for jobs. Ctrl-C stops; a job in progress goes to another worker.\n');
      await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
    } finally {
      await host.close();
    }
  }

  protected override async catch(error: Error): Promise<never> {
    throw error;
  }
}
