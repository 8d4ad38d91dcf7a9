import { isIP } from 'node:net';
import { type Host, isTrestleError, journalToken } from '@trestle/kernel';
import { buildApp } from './build-app.ts';
import { startJobProcesses } from './job-processes.ts';
import { jobsConfig, serverConfig } from './server-config.ts';
import { serverError } from './server-error.ts';

export interface ServerOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host: string;
  /** The built Studio; without it `/` says where the docs are. */
  readonly studioDir?: string | undefined;
  /**
   * The arguments with which Node starts a worker of the project, its name in leases behind them: as many as `jobs.processes` says
   * run beside the server. Without them its own process does the jobs, and requests wait for them.
   */
  readonly worker?: readonly string[] | undefined;
}

export interface RunningServer {
  readonly url: string;
  /** Drains: answers what is under way, then ends. */
  close(): Promise<void>;
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/**
 * Serves a project over HTTP, with its jobs, subscribers and schedules.
 *
 * @throws TRS_SERVER_AUTH_REQUIRED on an address that others reach without configured authentication,
 *   TRS_SERVER_PORT_IN_USE, TRS_SERVER_ADDRESS
 */
export async function startServer(host: Host, options: ServerOptions): Promise<RunningServer> {
  const config = host.config(serverConfig);
  if (config.auth === 'none' && !isLoopback(options.host)) {
    throw serverError('AUTH_REQUIRED', {
      kind: 'refused',
      message: `Without authentication the server listens on this machine only, not on ${options.host}.`,
      hint: 'Set server.auth to "tokens" in the configuration and make a token with "trestle token create".',
    });
  }
  // A store that cannot be opened is found out now, not by the first caller.
  await host.service(journalToken);
  const { app, drain } = await buildApp(host, { listenHost: options.host, studioDir: options.studioDir });
  await app.listen({ port: options.port, host: options.host }).catch(async (cause: unknown) => {
    await app.close();
    throw listenError(cause, options);
  });
  const count = options.worker ? host.config(jobsConfig).processes : 0;
  const isApart = options.worker !== undefined;
  await host.start({ worker: !isApart, reactions: count === 0 });
  const processes =
    options.worker && count > 0
      ? await startJobProcesses(host, { command: options.worker, count })
      : undefined;
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const shownHost = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${shownHost}:${port}`,
    async close() {
      await drain.drain(config.drainTimeoutMs);
      app.server.closeAllConnections();
      await app.close();
      await processes?.close();
    },
  };
}

function listenError(cause: unknown, { port, host }: ServerOptions): unknown {
  if (isTrestleError(cause) || !(cause instanceof Error) || !('code' in cause)) return cause;
  if (cause.code === 'EADDRINUSE') {
    return serverError('PORT_IN_USE', {
      kind: 'conflict',
      message: `Port ${port} of ${host} is in use.`,
      hint: 'End the other server, or choose another port with --port (0 takes a free one).',
      cause,
    });
  }
  return serverError('ADDRESS', {
    kind: 'invalid',
    message: `The server cannot listen on ${host}:${port} (${String(cause.code)}).`,
    hint: 'Choose an address of this machine with --host, and a port above 1023.',
    cause,
  });
}
