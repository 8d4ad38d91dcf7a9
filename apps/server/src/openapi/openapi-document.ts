import { type AnyOperation, type Host, inputFields, problemSchema, type Route } from '@trestle/kernel';
import { z } from 'zod';
import { operationPath } from '../routes/operation-routes.ts';

type JsonObject = Readonly<Record<string, unknown>>;

const jsonBody = (schema: unknown): JsonObject => ({ content: { 'application/json': { schema } } });
const problem: JsonObject = {
  description: 'What was wrong, with a stable code (RFC 9457).',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

/** JSON Schema of a zod schema, as part of a document: the dialect is declared once, at its top. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

function postOf(operation: AnyOperation): JsonObject {
  const isJob = operation.kind === 'job';
  return {
    operationId: operation.id,
    tags: [operation.id.split('.')[0]],
    summary: operation.summary,
    description: `Needs the permission \`${operation.access}\`.${isJob ? ' Runs as a job: follow its events, or ask for it until it is over.' : ''}`,
    requestBody: jsonBody(schemaOf(operation.input, 'input')),
    responses: isJob
      ? {
          202: {
            description: 'Queued.',
            ...jsonBody({
              type: 'object',
              properties: { job: { type: 'string' }, state: { type: 'string' }, events: { type: 'string' } },
              required: ['job', 'state', 'events'],
            }),
          },
          default: problem,
        }
      : {
          200: { description: 'Done.', ...jsonBody(schemaOf(operation.output, 'output')) },
          default: problem,
        },
  };
}

function getOf(operation: AnyOperation): JsonObject {
  const { properties = {} } = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' });
  const { requestBody: _body, ...post } = postOf(operation);
  return {
    ...post,
    operationId: `${operation.id}.get`,
    parameters: inputFields(operation).map((field) => ({
      name: field.name,
      in: 'query',
      required: field.isRequired,
      schema: properties[field.name] ?? {},
    })),
  };
}

function pluginRouteOf(route: Route): JsonObject {
  const parameters = [...route.path.matchAll(/:([A-Za-z]+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return {
    tags: [route.path.split('/')[1]],
    summary: route.summary,
    description: `Needs the permission \`${route.access}\`.`,
    parameters,
    ...(route.method === 'GET' ? {} : { requestBody: jsonBody({ type: 'object' }) }),
    responses: { 200: { description: 'Done.', ...jsonBody({ type: 'object' }) }, default: problem },
  };
}

/** The API as an OpenAPI 3.1 document: every operation and every route of a plugin. */
export function openApiDocument(host: Host): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const operation of host.operations.values()) {
    const methods = operation.kind === 'query' ? { get: getOf(operation) } : {};
    paths[operationPath(operation)] = { ...methods, post: postOf(operation) };
  }
  for (const route of host.plugins.flatMap((plugin) => plugin.routes ?? [])) {
    const path = route.path.replace(/:([A-Za-z]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: pluginRouteOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Trestle',
      version: '0.1.0',
      description: 'Every operation of this server, and the inference protocols.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: { Problem: schemaOf(problemSchema, 'output') },
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
    security: [{ token: [] }, {}],
  };
}
