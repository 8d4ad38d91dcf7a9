// `npm start`: set up, run the demo, and leave the server up. `-- --once` ends after the demo.
import { join } from 'node:path';
import process from 'node:process';
import { root } from './root.js';
import { runPinned } from './run-pinned.js';
import { setUp } from './set-up.js';

setUp();
runPinned([join(root, 'apps', 'cli', 'bin', 'trestle.js'), 'demo', ...process.argv.slice(2)]);
