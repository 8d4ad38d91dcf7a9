import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fingerprint } from '../../scripts/fingerprint.js';

const folder = join(import.meta.dirname, '..', 'peers');
const stamp = join(folder, 'node_modules', '.trestle-peers');
const PYTHON = '/usr/bin/python3';

let failure: string | undefined;

/**
 * Installs the peers once, outside the workspace: they are some 800 MB, which nobody needs who does not compare. Without them
 * ours is measured alone, against what the machine can do.
 */
export function installPeers(): void {
  const wanted = fingerprint([join(folder, 'package-lock.json')]);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stderr.write('Installing the peers (once, about 800 MB)…\n');
  // No install scripts: onnxruntime's would download libraries for CUDA, and its CPU binaries are in the package.
  const done = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (done.status === 0) writeFileSync(stamp, wanted);
  else failure = 'the peers could not be installed (benchmarks/peers)';
}

/** Why a peer cannot be there; undefined when it can. */
export function whyNoPeers(name: string): string | undefined {
  if (name !== 'pytorch') return failure;
  return torchVersion() === undefined ? `there is no ${PYTHON} that imports torch` : undefined;
}

let torch: string | null | undefined;

function torchVersion(): string | undefined {
  if (torch === undefined) {
    const asked = spawnSync(PYTHON, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' });
    torch = asked.status === 0 ? asked.stdout.trim() : null;
  }
  return torch ?? undefined;
}

/** What is compared with, by name and version. */
export function peerVersions(): Record<string, string> {
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  const version = torchVersion();
  return {
    ...(failure === undefined ? dependencies : {}),
    ...(version === undefined ? {} : { pytorch: version }),
  };
}
