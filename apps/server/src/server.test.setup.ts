import { rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import type { Host, Plugin } from '@trestle/kernel';
import { systemPlugin } from '@trestle/plugin-system';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { type RunningServer, serverConfig, startServer } from './index.ts';
import { echoPlugin } from './test-plugin.test.setup.ts';

export interface TestServer {
  readonly project: TemporaryProject;
  readonly host: Host;
  readonly server: RunningServer;
  /** POST of JSON to a path. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  stop(): Promise<void>;
}

/** A server of its own on a free port, over a temporary project. */
export async function testServer(
  config: Record<string, unknown> = {},
  plugins: readonly Plugin[] = [],
  studioDir?: string,
): Promise<TestServer> {
  const project = await temporaryProject();
  await writeFile(join(project.dir, 'trestle.config.json'), JSON.stringify({ server: config }));
  const host = await project.open([systemPlugin, echoPlugin, ...plugins], { sections: [serverConfig] });
  const server = await startServer(host, { port: 0, host: '127.0.0.1', studioDir });
  return {
    project,
    host,
    server,
    post: (path, body, headers = {}) =>
      fetch(server.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    get: (path, headers = {}) => fetch(server.url + path, { headers }),
    async stop() {
      await server.close();
      await project.remove();
      await rm(project.dir, { recursive: true, force: true });
    },
  };
}

/** A request as it goes over the wire: `fetch` would not send these headers. Answers the status. */
export function rawStatus(
  url: string,
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const request = httpRequest({ hostname, port, path, method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject);
    request.end();
  });
}
