// `npm run bench -- SUITE`: sets up on whatever Node there is, then measures on the one that the project pins.
import { join } from 'node:path';
import process from 'node:process';
import { root } from '../scripts/root.js';
import { runPinned } from '../scripts/run-pinned.js';
import { setUp } from '../scripts/set-up.js';

setUp();
runPinned([join(root, 'benchmarks', 'runner', 'main.ts'), ...process.argv.slice(2)]);
