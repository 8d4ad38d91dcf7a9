import { trainingSpecSchema } from '@trestle/contracts';
import { addDataset, deploy, promote, register, train, type World } from './neighbours.test.setup.ts';
import { drawRows, referenceOf } from './traffic.test.setup.ts';

/** Trains, registers and deploys the first model of `strikes`; returns what it learnt. */
export async function firstChampion(
  world: World,
  options: { readonly timeColumn?: string; readonly group?: string } = { timeColumn: 'time' },
): Promise<Record<string, number>> {
  const rows = drawRows(1, 2_000);
  addDataset(world, 'strikes', rows);
  const spec = trainingSpecSchema.parse({ data: 'strikes@1', target: 'damaged', ...options });
  const { run } = await train(world, spec);
  const bytes = world.runs.get(run)?.bytes ?? new Uint8Array();
  const model = register(world, 'strikes', bytes);
  promote(world, model.version, 'champion');
  deploy(world, 'strikes', model, 'champion');
  world.references.set(`v${model.version}`, referenceOf(rows));
  world.calls.length = 0;
  return JSON.parse(new TextDecoder().decode(bytes));
}
