// Prints how often windows without drift would be called drifted, by rate. Run: node plugins/monitoring/test/false-alarms.run.ts > …/false-alarms.json
import process from 'node:process';
import { falseAlarms, type Setting } from './false-alarms.ts';

const WINDOWS = 1_000;

const settings = (['even', 'steep'] as const).flatMap((spread) =>
  [2, 20, 300, 2_000, 10_000].flatMap((categories) =>
    [200, 2_000, 100_000].map(
      (referenceRows): Setting => ({ spread, categories, referenceRows, windowRows: 500 }),
    ),
  ),
);
const rows = settings.map((setting, seed) => {
  const rates = falseAlarms(setting, WINDOWS, 1_000 + seed);
  process.stderr.write(`${JSON.stringify({ ...setting, ...rates })}\n`);
  return { ...setting, rates };
});
process.stdout.write(`${JSON.stringify({ windows: WINDOWS, rows }, null, 2)}\n`);
