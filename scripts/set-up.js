// Makes a checkout ready to run: installs when the lockfile changed, builds what changed.
// It runs on the Node that the machine came with, before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fingerprint } from './fingerprint.js';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.trestle-set-up');

function isInstalled(wanted) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
}

function run(command, args) {
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
    env: {
      ...process.env,
      ONNXRUNTIME_NODE_INSTALL: 'skip',
      TURBO_TELEMETRY_DISABLED: '1',
      DO_NOT_TRACK: '1',
    },
  });
  if (done.status !== 0) {
    process.stderr.write(`set-up: "${command} ${args.join(' ')}" failed; its output is above.\n`);
    process.exit(done.status ?? 1);
  }
}

/** Installs and builds, and does neither when nothing changed. */
export function setUp() {
  const wanted = () => fingerprint([join(root, 'package-lock.json'), join(root, 'package.json')]);
  if (!isInstalled(wanted())) {
    process.stderr.write('Installing (once)…\n');
    // Not `npm ci`: it refuses a lockfile made where a mirror lacks other platforms' optional binaries.
    run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error']);
    writeFileSync(stamp, wanted());
  }
  run(join(root, 'node_modules', '.bin', 'turbo'), ['run', 'build', '--output-logs=errors-only']);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) setUp();
