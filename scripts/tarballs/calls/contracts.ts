import { deepStrictEqual } from 'node:assert';
import { type Models, modelsToken, modelVersionSchema } from '@trestle/contracts';
import { openHost, plugin, provide } from '@trestle/kernel';

const version = modelVersionSchema.parse({
  name: 'm',
  version: 1,
  digest: 'd',
  aliases: [],
  metrics: {},
  createdAt: '2026-01-01T00:00:00Z',
});
const models: Models = {
  resolve: async () => version,
  bytes: async () => new Uint8Array(),
  refusal: async () => undefined,
  register: async () => version,
  promote: async () => ({ previous: null }),
};
const registry = plugin({
  name: 'registry',
  version: '1.0.0',
  services: [provide(modelsToken, () => models)],
});
const host = await openHost({ projectDir: '.', plugins: [registry] });
deepStrictEqual(await (await host.service(modelsToken)).resolve('m@1'), version);
await host.close();
