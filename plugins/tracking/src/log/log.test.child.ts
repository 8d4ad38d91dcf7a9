import process from 'node:process';
import { startRun } from './index.ts';

/** Logs until it is killed: `project server|- experiment|r-…`. */
const [, , project = '', server = '-', what = ''] = process.argv;
const begun = what.startsWith('r-') ? { resume: what } : { experiment: what };
const run = await startRun({
  ...begun,
  project,
  code: false,
  ...(server === '-' ? {} : { server }),
});
process.stdout.write(`${run.id}\n`);
const from = Number(process.argv[5] ?? 0);
for (let step = from; ; step++) {
  run.log({ loss: step / 2 }, { step });
  await new Promise((resolve) => setTimeout(resolve, 2));
}
