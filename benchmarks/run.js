// `npm run bench -- SUITE`: sets up on whatever Node there is, then measures on the one that the project pins.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { root, setUp } from '../scripts/set-up.js';

setUp();
const node = join(root, 'node_modules', '.bin', 'node');
const main = join(root, 'benchmarks', 'runner', 'main.ts');
const child = spawn(node, [main, ...process.argv.slice(2)], { cwd: process.cwd(), stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
