import { deepStrictEqual } from 'node:assert';
import { openHost } from '@trestle/kernel';
import { deploymentList, servingPlugin } from '@trestle/plugin-serving';
import { storePlugin } from '@trestle/store';

const host = await openHost({ projectDir: '.', plugins: [storePlugin, servingPlugin] });
deepStrictEqual(await host.run(deploymentList, {}), { deployments: [] });
await host.close();
