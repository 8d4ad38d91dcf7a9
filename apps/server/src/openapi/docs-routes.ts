import scalar from '@scalar/fastify-api-reference';
import { type Host, OPEN_ACCESS } from '@trestle/kernel';
import type { FastifyInstance } from 'fastify';
import { declareAccess } from '../door/access.ts';
import { openApiDocument } from './openapi-document.ts';

const PAGE = { access: 'system:read', isPage: true };

// The reference page brings its styles and its start-up script inline; nothing but this server is reachable from it.
const DOCS_POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; object-src 'none'; base-uri 'none'";

/** `/openapi.json`, and `/docs` as a page to read and try it. */
export async function addDocsRoutes(app: FastifyInstance, host: Host): Promise<void> {
  const document = openApiDocument(host);
  app.get('/openapi.json', { config: PAGE }, async () => document);
  // Browsers ask for it at every page that names no picture of its own.
  app.get('/favicon.ico', { config: { access: OPEN_ACCESS } }, async (_request, reply) =>
    reply.code(204).send(),
  );
  await app.register(async (docs) => {
    declareAccess(docs, PAGE);
    docs.addHook('onSend', async (_request, reply) => {
      reply.header('content-security-policy', DOCS_POLICY);
    });
    await docs.register(scalar, {
      routePrefix: '/docs',
      configuration: {
        url: '/openapi.json',
        title: 'Trestle API',
        withDefaultFonts: false,
        telemetry: false,
        hideClientButton: true,
        // Its toolbar offers to send the API's description to the vendor.
        showDeveloperTools: 'never',
        agent: { disabled: true },
      },
    });
  });
}
