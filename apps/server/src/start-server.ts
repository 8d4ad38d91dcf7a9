import { isIP } from 'node:net';
import { type Host, isTrestleError, journalToken } from '@trestle/kernel';
import { buildApp } from './build-app.ts';
import { countRequests } from './door/rate-limit.ts';
import { startGrpc } from './grpc/start-grpc.ts';
import { type JobProcesses, startJobProcesses } from './job-processes.ts';
import { prepare } from './prepare.ts';
import type { Keeper } from './processes/keeper.ts';
import { jobsConfig, serverConfig } from './server-config.ts';
import { serverError } from './server-error.ts';

export interface ServerOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host: string;
  /** The port of gRPC; that of the configuration when left out. */
  readonly grpcPort?: number | undefined;
  /** The built Studio; without it `/` says where the docs are. */
  readonly studioDir?: string | undefined;
  /**
   * The arguments with which Node starts a worker of the project, its name in leases behind them: as many as `jobs.processes` says
   * run beside the server. Without them its own process does the jobs, and requests wait for them.
   */
  readonly worker?: readonly string[] | undefined;
  /** Keeps this process and others on the same port: what only one of them does begins when it says so. */
  readonly keeper?: Keeper | undefined;
}

export interface RunningServer {
  readonly url: string;
  /** `127.0.0.1:7071`: where gRPC is spoken, if it is. */
  readonly grpc: string | undefined;
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
  const count = countRequests(config.rateLimit);
  const { app, drain } = await buildApp(host, {
    listenHost: options.host,
    studioDir: options.studioDir,
    count,
    keeper: options.keeper,
  });
  // Before connections come here: others on the same port answer meanwhile.
  await prepare(host);
  await app.listen({ port: options.port, host: options.host }).catch(async (cause: unknown) => {
    await app.close();
    throw listenError(cause, options);
  });
  const grpcPort = options.grpcPort ?? config.grpcPort;
  const grpc =
    grpcPort === undefined
      ? undefined
      : await startGrpc(host, { port: grpcPort, host: options.host, count }).catch(async (cause: unknown) => {
          await app.close();
          throw listenError(cause, { ...options, port: grpcPort });
        });
  const own = await startOwn(host, options);
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const shownHost = options.host.includes(':') ? `[${options.host}]` : options.host;
  const url = `http://${shownHost}:${port}`;
  options.keeper?.ready({ url, grpc: grpc?.address, drainTimeoutMs: config.drainTimeoutMs });
  return {
    url,
    grpc: grpc?.address,
    async close() {
      await Promise.all([drain.drain(config.drainTimeoutMs), grpc?.close(config.drainTimeoutMs)]);
      app.server.closeAllConnections();
      await app.close();
      await own.close();
      await options.keeper?.handOver();
    },
  };
}

/** What a server does by itself, without being asked: jobs, subscribers and schedules, here or in processes beside it. */
async function startOwn(host: Host, { worker, keeper }: ServerOptions): Promise<JobProcesses> {
  const count = worker ? host.config(jobsConfig).processes : 0;
  const isAlone = keeper === undefined;
  await host.start({ worker: worker === undefined && isAlone, reactions: count === 0 && isAlone });
  let processes: Promise<JobProcesses> | undefined;
  let isClosing = false;
  const begin = (): void => {
    if (isClosing) return;
    if (worker && count > 0) processes = startJobProcesses(host, { command: worker, count });
    else if (!isAlone) void host.start({ worker: worker === undefined });
  };
  if (keeper) keeper.onLead(begin);
  else begin();
  await processes;
  return {
    async close() {
      isClosing = true;
      await (await processes)?.close();
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
