import { deepStrictEqual } from 'node:assert';
import { createClient } from '@trestle/client';
import { operation } from '@trestle/kernel';
import { z } from 'zod';

const double = operation({
  id: 'number.double',
  summary: 'Double a number.',
  kind: 'query',
  access: 'number:read',
  input: z.object({ n: z.number() }),
  output: z.object({ doubled: z.number() }),
  load:
    async () =>
    async (_, { n }) => ({ doubled: 2 * n }),
});
const asked: string[] = [];
const client = createClient<typeof double>({
  url: 'http://127.0.0.1:7070',
  fetch: async (url) => {
    asked.push(String(url));
    return Response.json({ doubled: 42 });
  },
});
deepStrictEqual(await client.number.double({ n: 21 }), { doubled: 42 });
deepStrictEqual(asked, ['http://127.0.0.1:7070/api/v1/number/double']);
