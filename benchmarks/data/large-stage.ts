// One stage in a process of its own, so that the peak of its memory is its own: node large-stage.ts STAGE PROJECT PATH.
// Says the seconds of the operation, and the most memory that the process ever had, as JSON.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { openHost } from '@trestle/kernel';
import {
  dataAdd,
  dataPlugin,
  dataProfile,
  dataSplit,
  dataValidate,
  type ExpectationInput,
} from '@trestle/plugin-data';
import { storePlugin } from '@trestle/store';
import type { Stage } from './large-stages.ts';

const [stage = '', dir = '', path = ''] = process.argv.slice(2);
const expectations: readonly ExpectationInput[] = [
  { type: 'table.rowCount', min: 1 },
  { type: 'column.notNull', column: 'id' },
  { type: 'column.unique', column: 'id' },
  { type: 'column.notNull', column: 'amount', mostly: 0.95 },
  { type: 'column.between', column: 'quantity', min: 0, max: 99 },
  {
    type: 'column.inSet',
    column: 'region',
    values: ['north', 'south', 'east', 'west', 'nowhere'],
  },
  { type: 'column.matches', column: 'customer', pattern: 'customer [0-9]+' },
  { type: 'column.aggregate', column: 'amount', of: 'median', min: 1, max: 2_000 },
  { type: 'column.aggregate', column: 'customer', of: 'distinct', max: 10_000 },
  { type: 'row.sql', expression: 'amount IS NULL OR amount >= 0' },
];

await mkdir(dir, { recursive: true });
const host = await openHost({ projectDir: dir, plugins: [storePlugin, dataPlugin], cwd: dir });
const asPerson = { surface: 'cli' } as const;
const suite = join(dir, 'suite.json');
await writeFile(suite, JSON.stringify({ expectations }));
const stages: Readonly<Record<Stage, () => Promise<unknown>>> = {
  add: () => host.run(dataAdd, { path, name: 'rows' }, asPerson),
  profile: () => host.run(dataProfile, { name: 'rows' }),
  async validate() {
    const { results } = await host.run(dataValidate, { name: 'rows', suite }, asPerson);
    const failed = results.filter((result) => !result.passed).map((result) => result.expectation);
    if (failed.length > 0) throw new Error(`These do not hold: ${failed.join(', ')}.`);
  },
  split: () => host.run(dataSplit, { name: 'rows', validation: 0.1 }, asPerson),
};
const isStage = (name: string): name is Stage => Object.hasOwn(stages, name);
if (!isStage(stage)) throw new Error(`There is no stage "${stage}".`);
const before = process.cpuUsage();
const startedAt = performance.now();
await stages[stage]();
const seconds = (performance.now() - startedAt) / 1_000;
const { user, system } = process.cpuUsage(before);
await host.close();
// Linux and others tell it in KiB.
const mebibytes = process.resourceUsage().maxRSS / 1_024;
process.stdout.write(JSON.stringify({ seconds, processorSeconds: (user + system) / 1e6, mebibytes }));
