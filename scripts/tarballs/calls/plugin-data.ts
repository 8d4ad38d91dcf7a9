import { deepStrictEqual } from 'node:assert';
import { writeFileSync } from 'node:fs';
import { openHost } from '@trestle/kernel';
import { dataAdd, dataList, dataPlugin } from '@trestle/plugin-data';
import { storePlugin } from '@trestle/store';

writeFileSync('numbers.csv', 'n,half\n1,0.5\n2,1\n');
const host = await openHost({ projectDir: '.', plugins: [storePlugin, dataPlugin] });
const added = await host.run(dataAdd, { path: 'numbers.csv', name: 'numbers' });
deepStrictEqual([added.rows, added.columns.map(({ name }) => name)], [2, ['n', 'half']]);
deepStrictEqual((await host.run(dataList, {})).datasets.length, 1);
await host.close();
