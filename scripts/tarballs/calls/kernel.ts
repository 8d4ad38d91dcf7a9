import { deepStrictEqual, rejects } from 'node:assert';
import { openHost, operation, plugin } from '@trestle/kernel';
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
const numbers = plugin({ name: 'numbers', version: '1.0.0', operations: [double] });
const host = await openHost({ projectDir: '.', plugins: [numbers] });
deepStrictEqual(await host.run(double, { n: 21 }), { doubled: 42 });
await rejects(host.runById('number.double', { n: 'many' }), /n/);
await host.close();
