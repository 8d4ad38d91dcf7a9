#!/usr/bin/env node
import nodeModule, { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const NEEDED = [22, 13];

const [first, ...rest] = process.argv.slice(2);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (first === '--version' && rest.length === 0) {
  // Answered here (help-document.ts does it with --json): loading the commands would cost many times as much.
  const { name, version } = createRequire(import.meta.url)('../package.json');
  process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`);
} else if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  // An older Node would fail in the middle of loading, with a stack that helps nobody.
  const error = {
    code: 'TRS_CLI_NODE_TOO_OLD',
    message: `Trestle needs Node ${NEEDED.join('.')} or newer; this is ${process.version}.`,
    hint: 'Install a newer Node (https://nodejs.org); in a checkout, "npx trestle" uses the one that comes with it.',
    details: { needed: NEEDED.join('.'), found: process.versions.node },
  };
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error }, null, 2)}\n`);
  else process.stderr.write(`✗ ${error.message}\n  ${error.hint}\n  ${error.code}\n`);
  process.exitCode = 1;
} else {
  // First of all: what comes while the rest is loaded is heard too. A server ends its own processes.
  const { interruption } = await import('../dist/interruption.js');
  if (!process.connected) interruption();
  // Compiled code is kept in the user's own cache: the next command starts in two thirds of the time.
  nodeModule.enableCompileCache(
    join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'trestle', 'compiled'),
  );
  const { endOnClosedPipe, main } = await import('../dist/main.js');
  endOnClosedPipe();
  process.exitCode = await main(process.argv.slice(2));
  // The channel to whoever started it would keep it there, with nothing left to do.
  if (process.connected) process.disconnect();
}
