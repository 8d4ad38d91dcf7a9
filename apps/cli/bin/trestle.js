#!/usr/bin/env node
import { createRequire } from 'node:module';
import process from 'node:process';

const [first, ...rest] = process.argv.slice(2);
if (first === '--version' && rest.length === 0) {
  // Answered here: loading the commands would cost many times as much.
  const { name, version } = createRequire(import.meta.url)('../package.json');
  process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`);
} else {
  const { main } = await import('../dist/main.js');
  process.exitCode = await main(process.argv.slice(2));
}
