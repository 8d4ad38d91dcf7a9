import process from 'node:process';
import { Command, Flags } from '@oclif/core';
import { interruption } from '../interruption.ts';
import { openProject, thisProject } from '../open-project.ts';
import { globalFlags } from './global-flags.ts';

const flags = {
  project: globalFlags.project,
  // How a server that started this process finds its jobs when it dies.
  holder: Flags.string({ summary: 'The name of this process in leases.', hidden: true }),
};

/** `trestle worker`: takes queued jobs until it is told to stop. */
export class WorkerCommand extends Command {
  static override summary = 'Run durable jobs, react to events and do scheduled work, without a server.';
  static override flags = flags;

  override async run(): Promise<void> {
    const { flags: typed } = await this.parse({ flags });
    const isOfServer = typed.holder !== undefined;
    // Its server ended while this process began: there is nobody for whom it would work, and nobody who would end it.
    if (isOfServer && !process.connected) return;
    const stop = isOfServer ? untilParentEnds() : interruption();
    const host = await (typed.holder === undefined
      ? thisProject(typed.project)
      : openProject(typed.project, { holder: typed.holder }));
    try {
      await host.start();
      if (!isOfServer)
        process.stderr.write('Waiting for jobs. Ctrl-C stops; a job in progress goes to another worker.\n');
      if (!stop.aborted)
        await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
    } finally {
      await host.close();
      if (process.connected) process.disconnect();
    }
  }

  protected override async catch(error: Error): Promise<never> {
    throw error;
  }
}

/** The signal of a server's process: it ends with the server, however that ends, and leaves Ctrl-C to it. */
function untilParentEnds(): AbortSignal {
  const controller = new AbortController();
  process.on('SIGINT', () => {});
  for (const event of ['SIGTERM', 'disconnect'] as const)
    process.once(event, () =>
      controller.abort(new DOMException(`The server ended (${event}).`, 'AbortError')),
    );
  return controller.signal;
}
