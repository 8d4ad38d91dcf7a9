import { type AnyOperation, type Host, inputFields, present, valueOfText } from '@trestle/kernel';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseJson } from '../door/parse-json.ts';
import { abortedWith } from './aborted-with.ts';
import { sendPresented, wantsPresented } from './presented.ts';

/** `data.add` is `/api/v1/data/add`. */
export const operationPath = (operation: Pick<AnyOperation, 'id'>): string =>
  `/api/v1/${operation.id.replace('.', '/')}`;

/** Every operation as POST, and queries as GET too. Jobs are queued: 202 with the job. */
export function addOperationRoutes(app: FastifyInstance, host: Host, maxBodyBytes: number): void {
  for (const operation of host.operations.values()) {
    const url = operationPath(operation);
    const config = { access: operation.access };
    app.post(url, { config, bodyLimit: maxBodyBytes }, async (request, reply) => {
      const input = Buffer.isBuffer(request.body) ? parseJson(request.body) : {};
      if (operation.kind !== 'job') return await call(host, operation, input, request, reply);
      const job = await host.enqueue(operation.id, input, callOptions(request));
      const events = `/api/v1/jobs/${job.id}/events`;
      return reply
        .code(202)
        .header('location', `/api/v1/jobs/${job.id}`)
        .send({ job: job.id, state: job.state, events });
    });
    if (operation.kind === 'query') {
      app.get(url, { config }, async (request, reply) =>
        call(host, operation, queryInput(operation, request.query), request, reply),
      );
    }
  }
}

const callOptions = (request: FastifyRequest) => ({
  principal: request.principal,
  surface: 'http' as const,
  requestId: request.id,
});

async function call(
  host: Host,
  operation: AnyOperation,
  input: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const signal = abortedWith(reply);
  const output = await host.runById(operation.id, input, { ...callOptions(request), signal });
  return wantsPresented(request) ? sendPresented(reply, present(operation, output)) : output;
}

function queryInput(operation: AnyOperation, query: unknown): Record<string, unknown> {
  const fields = new Map(inputFields(operation).map((field) => [field.name, field]));
  return Object.fromEntries(
    Object.entries(query ?? {}).map(([name, text]) => {
      const field = fields.get(name);
      // What is no field stays, so that the schema refuses it by its name.
      return [name, field ? valueOfText(field, Array.isArray(text) ? text.map(String) : String(text)) : text];
    }),
  );
}
