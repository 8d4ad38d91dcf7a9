import { mayOnSomething, operation, pluginsToken } from '@trestle/kernel';
import { z } from 'zod';

/** What there is to be done here: each operation with the schema of its input, for whoever draws a form or calls it. */
export const operationList = operation({
  id: 'operation.list',
  summary: 'List the operations of this project, with the schemas of their inputs.',
  kind: 'query',
  access: 'system:read',
  input: z.object({}),
  output: z.object({
    operations: z.array(
      z.object({
        id: z.string(),
        plugin: z.string(),
        summary: z.string(),
        kind: z.enum(['query', 'command', 'job']),
        access: z.string(),
        /** Whether whoever asks may call it, on some things at least. */
        allowed: z.boolean(),
        /** JSON Schema (2020-12). */
        input: z.record(z.string(), z.unknown()),
        /** Fields that the command line takes by position; the first ones to ask for. */
        positionals: z.array(z.string()),
      }),
    ),
  }),
  load: async () => async (ctx) => ({
    operations: (await ctx.service(pluginsToken)).flatMap(({ name, operations = [] }) =>
      operations.map(({ id, summary, kind, access, input, positionals = [] }) => ({
        ...{ id, plugin: name, summary, kind, access, positionals: [...positionals] },
        allowed: mayOnSomething(ctx.principal, access),
        input: { ...z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) },
      })),
    ),
  }),
  present: ({ operations }) => [
    {
      kind: 'table',
      columns: [
        { key: 'id', label: 'operation' },
        { key: 'kind', label: 'kind' },
        { key: 'plugin', label: 'plugin' },
        { key: 'access', label: 'permission' },
        { key: 'summary', label: 'does' },
      ],
      rows: operations.map(({ id, kind, plugin, access, summary }) => ({
        ...{ id, kind, plugin, access, summary },
      })),
    },
  ],
});
