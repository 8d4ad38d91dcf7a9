import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { z } from 'zod';
import { BODY, NAME } from './project.ts';

const loadSchema = z.object({ perSecond: z.number(), p50: z.number(), p99: z.number(), failed: z.number() });
export type Load = z.infer<typeof loadSchema>;

/** What is asked again and again. */
export interface Asked {
  readonly path: string;
  readonly body: string;
}

export interface Served {
  /** Asks for one row over so many connections, each with a pause behind its answer. */
  load(clients: number, forMs: number, pauseMs?: number, asked?: Asked): Promise<Load>;
  readonly url: string;
  close(): Promise<void>;
}

/** A server in a process of its own, which says where it listens. */
export async function served(
  args: readonly string[],
  cwd?: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Served> {
  const child = spawn(process.execPath, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
    // What is measured is the server, not the limit for one caller.
    env: { ...process.env, TRESTLE_SERVER__RATE_LIMIT__MAX: '1000000000', ...env },
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /Listening on (\S+)/.exec(line)?.[1];
      if (found) resolve(found);
    });
    child.once('close', (code) => reject(new Error(`The server ended with ${code}.`)));
  });
  return {
    url,
    async load(clients, forMs, pauseMs = 0, { path, body } = { path: `/v1/predict/${NAME}`, body: BODY }) {
      const words = [url, path, body, clients, forMs, pauseMs].map(String);
      const { stdout } = await promisify(execFile)(process.execPath, [
        join(import.meta.dirname, 'load.ts'),
        ...words,
      ]);
      const found = loadSchema.parse(JSON.parse(stdout));
      if (found.failed > 0) throw new Error(`${found.failed} requests were not answered with 200.`);
      return found;
    },
    async close() {
      child.removeAllListeners('close');
      child.kill('SIGINT');
      await once(child, 'close');
    },
  };
}
