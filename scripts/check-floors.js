// `npm run floors`: packages import only from lower floors, declare what they use, and nothing goes in circles.
import process from 'node:process';
import { checkWorkspace } from './floors/check-workspace.js';
import { root } from './root.js';

const offences = checkWorkspace(process.argv[2] ?? root);
for (const { file, line, what, todo } of offences) {
  process.stdout.write(`${file}:${line}: ${what}; ${todo}.\n`);
}
process.stdout.write(`floors: ${offences.length === 0 ? 'in order' : `${offences.length} offences`}\n`);
process.exitCode = offences.length === 0 ? 0 : 1;
