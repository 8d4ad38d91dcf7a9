import { unwatchFile, watchFile } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Command, Flags } from '@oclif/core';
import { CONFIG_FILES, isProject, projectGateToken } from '@trestle/kernel';
import { deployFolder } from '../deploy-folder.ts';
import { interruption } from '../interruption.ts';
import { sayBegun, thisProject } from '../open-project.ts';
import { studioDir } from '../studio-dir.ts';
import { globalFlags } from './global-flags.ts';

/** This program, for the processes that run the server's jobs. */
const BIN = fileURLToPath(new URL('../../bin/trestle.js', import.meta.url));

/** How often it is looked whether there is another configuration. */
const CONFIG_LOOK_MS = 1_000;

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
  processes: Flags.integer({
    summary:
      'Processes on the port. Each is replaced when it ends by itself, and all in turn on SIGHUP or a new configuration, without losing a request.',
    min: 1,
    max: 64,
  }),
  json: globalFlags.json,
  project: globalFlags.project,
};

/** `trestle serve`: the server with the Studio, until it is told to stop. */
export class ServeCommand extends Command {
  static override summary = 'Serve predictions, the API and the Studio; SIGTERM drains.';
  static override examples = [
    'trestle serve',
    'trestle serve --port 0 --project strikes',
    'trestle serve --processes 4',
  ];
  static override flags = flags;

  override async run(): Promise<void> {
    const { flags: typed } = await this.parse({ flags });
    // Loaded here: other commands do without Fastify.
    const { joinKeeper, keepProcesses, startServer } = await import('@trestle/server');
    const keeper = joinKeeper();
    const stopped = keeper?.stopped ?? interrupted();
    const say = ({ url, grpc }: { readonly url: string; readonly grpc: string | undefined }): void => {
      process.stdout.write(
        typed.json
          ? `${JSON.stringify({ url, grpc })}\n`
          : `Listening on ${url}\n${grpc === undefined ? '' : `gRPC on ${grpc}\n`}`,
      );
    };
    const host = await thisProject(typed.project);
    if (!isProject(host.project)) {
      (await host.service(projectGateToken)).begin();
      sayBegun(host);
    }
    // Once, by whoever keeps the processes.
    if (typed.models !== undefined && !keeper) await deployFolder(host, typed.models);
    if (typed.processes !== undefined && !keeper) {
      const { project, log } = host;
      // Its store is its processes' from here.
      await host.close();
      const processes = await keepProcesses({
        module: BIN,
        args: process.argv.slice(2),
        count: typed.processes,
        log,
      });
      say(processes);
      const restart = (): void => void processes.restart();
      process.on('SIGHUP', restart);
      const files = CONFIG_FILES.map((name) => join(project.dir, name));
      for (const file of files) {
        watchFile(file, { interval: CONFIG_LOOK_MS }, (now, before) => {
          // It is also called once for a file that is not there.
          if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino) restart();
        });
      }
      await stopped;
      for (const file of files) unwatchFile(file);
      process.stderr.write('Draining…\n');
      await processes.close();
      return;
    }
    try {
      const server = await startServer(host, {
        port: typed.port,
        host: typed.host,
        grpcPort: typed['grpc-port'],
        studioDir: studioDir(),
        worker: [BIN, 'worker', '--project', host.project.dir, '--holder'],
        keeper,
      });
      if (!keeper) say(server);
      await stopped;
      if (!keeper) process.stderr.write('Draining…\n');
      await server.close();
    } catch (thrown) {
      if (!keeper) throw thrown;
      // It is said by the process that keeps this one.
      keeper.failed(thrown);
      process.exitCode = 1;
    } finally {
      await host.close();
      keeper?.leave();
    }
  }

  protected override async catch(error: Error): Promise<never> {
    throw error;
  }
}

const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    interruption().addEventListener('abort', () => resolve(), { once: true });
  });
