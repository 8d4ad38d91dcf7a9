// Makes a checkout ready to run: installs when the lockfile changed, builds what changed.
// It runs on the Node that the machine came with, before anything is installed.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { fingerprint } from './fingerprint.js';
import { root } from './root.js';

const stamp = join(root, 'node_modules', '.trestle-set-up');

/** What the installation depends on: the stamp holds it, and another one means that it must be done again. */
const wanted = () => fingerprint([join(root, 'package-lock.json'), join(root, 'package.json')]);

/** @param {string} fingerprintOfNow */
const isInstalled = (fingerprintOfNow) =>
  existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprintOfNow;

/** npm keeps its cache at home. Where nothing can be written there, the checkout itself is the place. */
function cacheInstead() {
  const usual = process.env.npm_config_cache ?? join(homedir(), '.npm');
  try {
    accessSync(existsSync(usual) ? usual : dirname(usual), constants.W_OK);
    return {};
  } catch {
    return { npm_config_cache: join(root, 'node_modules', '.cache', 'npm') };
  }
}

/**
 * Runs a command; `isQuiet` shows its output only when it fails.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ readonly isQuiet: boolean }} options
 */
function run(command, args, { isQuiet }) {
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: isQuiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 2, 2],
    maxBuffer: 2 ** 28,
    shell: process.platform === 'win32',
    env: {
      ...process.env,
      ...cacheInstead(),
      ONNXRUNTIME_NODE_INSTALL: 'skip',
      TURBO_TELEMETRY_DISABLED: '1',
      TURBO_NO_UPDATE_NOTIFIER: '1',
      DO_NOT_TRACK: '1',
    },
  });
  if (done.status === 0) return;
  if (isQuiet) process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}`);
  const why = done.error ? done.error.message : 'its output is above';
  process.stderr.write(`set-up: "${command} ${args.join(' ')}" failed: ${why}.\n`);
  process.exit(done.status ?? 1);
}

/** Installs and builds, and does neither when nothing changed. */
export function setUp() {
  if (!isInstalled(wanted())) {
    process.stderr.write('Installing (once)…\n');
    // Not `npm ci`: it refuses a lockfile made where a mirror lacks other platforms' optional binaries.
    // `--no-save`: an older npm would write the lockfile in its own manner, and the checkout would be dirty.
    run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], { isQuiet: false });
    writeFileSync(stamp, wanted());
  }
  process.stderr.write('Building what changed…\n');
  run(join(root, 'node_modules', '.bin', 'turbo'), ['run', 'build', '--output-logs=errors-only'], {
    isQuiet: true,
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) setUp();
