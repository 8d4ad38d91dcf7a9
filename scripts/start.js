// `npm start`: set up, run the demo, and leave the server up. `-- --once` ends after the demo.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { root, setUp } from './set-up.js';

setUp();
const node = join(root, 'node_modules', '.bin', 'node');
const cli = join(root, 'apps', 'cli', 'bin', 'trestle.js');
const child = spawn(node, [cli, 'demo', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
