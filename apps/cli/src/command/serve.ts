import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Command, Flags } from '@oclif/core';
import { isProject, projectGateToken } from '@trestle/kernel';
import { deployFolder } from '../deploy-folder.ts';
import { interruption } from '../interruption.ts';
import { sayBegun, thisProject } from '../open-project.ts';
import { studioDir } from '../studio-dir.ts';
import { globalFlags } from './global-flags.ts';

/** This program, for the processes that run the server's jobs. */
const BIN = fileURLToPath(new URL('../../bin/trestle.js', import.meta.url));

const flags = {
  port: Flags.integer({ summary: 'The port; 0 takes a free one.', default: 7070, min: 0, max: 65_535 }),
  host: Flags.string({ summary: 'The address to listen on.', default: '127.0.0.1' }),
  'grpc-port': Flags.integer({
    summary: 'A port for gRPC too; 0 takes a free one. None when left out, but what the configuration says.',
    min: 0,
    max: 65_535,
  }),
  models: Flags.string({
    summary:
      'A folder of model packages (NAME.onnx), each of which is registered and deployed by its name first.',
  }),
  json: globalFlags.json,
  project: globalFlags.project,
};

/** `trestle serve`: the server with the Studio, until it is told to stop. */
export class ServeCommand extends Command {
  static override summary = 'Serve predictions, the API and the Studio; SIGTERM drains.';
  static override examples = ['trestle serve', 'trestle serve --port 0 --project strikes'];
  static override flags = flags;

  override async run(): Promise<void> {
    const { flags: typed } = await this.parse({ flags });
    // Loaded here: other commands do without Fastify.
    const { startServer } = await import('@trestle/server');
    const stop = interruption();
    const host = await thisProject(typed.project);
    if (!isProject(host.project)) {
      (await host.service(projectGateToken)).begin();
      sayBegun(host);
    }
    try {
      if (typed.models !== undefined) await deployFolder(host, typed.models);
      const server = await startServer(host, {
        port: typed.port,
        host: typed.host,
        grpcPort: typed['grpc-port'],
        studioDir: studioDir(),
        worker: [BIN, 'worker', '--project', host.project.dir, '--holder'],
      });
      process.stdout.write(
        typed.json
          ? `${JSON.stringify({ url: server.url, grpc: server.grpc })}\n`
          : `Listening on ${server.url}\n${server.grpc === undefined ? '' : `gRPC on ${server.grpc}\n`}`,
      );
      await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
      process.stderr.write('Draining…\n');
      await server.close();
    } finally {
      await host.close();
    }
  }

  protected override async catch(error: Error): Promise<never> {
    throw error;
  }
}
