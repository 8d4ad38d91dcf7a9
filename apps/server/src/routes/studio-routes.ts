import { join } from 'node:path';
import staticFiles from '@fastify/static';
import { OPEN_ACCESS } from '@trestle/kernel';
import type { FastifyInstance } from 'fastify';
import { declareAccess } from '../door/access.ts';

/** The Studio's files. They hold no data: what they show they ask of the API, which asks who calls. */
export async function addStudioRoutes(app: FastifyInstance, dir: string | undefined): Promise<void> {
  if (dir === undefined) {
    app.get('/', { config: { access: OPEN_ACCESS } }, async () => ({
      name: 'trestle',
      docs: '/docs',
      studio: 'not installed (npm install @trestle/studio)',
    }));
    return;
  }
  await app.register(async (studio) => {
    declareAccess(studio, { access: OPEN_ACCESS });
    await studio.register(staticFiles, {
      root: dir,
      index: 'index.html',
      dotfiles: 'ignore',
      cacheControl: false,
      setHeaders(reply, path) {
        // The page names its parts by their content, so a part never changes and the page is asked for each time:
        // kept longer, it would name parts that an update has taken away.
        const isPart = path.startsWith(join(dir, 'assets'));
        reply.header('cache-control', isPart ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  });
}
