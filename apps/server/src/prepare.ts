import { once } from 'node:events';
import { preparations } from '@trestle/contracts';
import type { Host } from '@trestle/kernel';
import { serverConfig } from './server-config.ts';

/** Does what plugins want done before requests are taken. What fails or takes too long is told, and keeps no server from beginning. */
export async function prepare(host: Host): Promise<void> {
  const { prepareTimeoutMs } = host.config(serverConfig);
  if (prepareTimeoutMs === 0) return;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), prepareTimeoutMs);
  const isLate = once(late.signal, 'abort').then(() => {
    throw new Error(`it was not done in ${prepareTimeoutMs} ms (server.prepareTimeoutMs)`);
  });
  await Promise.all(
    host.extensions(preparations).map(async ({ name, load }) => {
      try {
        const run = await load();
        await Promise.race([run(host, late.signal), isLate]);
      } catch (cause) {
        host.log.warn('the server begins without something that was to be ready', {
          what: name,
          cause: String(cause),
        });
      }
    }),
  );
  clearTimeout(timer);
}
