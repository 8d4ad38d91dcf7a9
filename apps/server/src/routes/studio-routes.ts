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
    declareAccess(studio, OPEN_ACCESS);
    await studio.register(staticFiles, { root: dir, immutable: false, maxAge: '1h', index: 'index.html' });
  });
}
