import { execFile } from 'node:child_process';
import process from 'node:process';

/** Enough for a driver that compiles its first shader on a busy machine. */
const TIMEOUT_MS = 20_000;

export type TriedDevice =
  | { readonly available: true; readonly description: string }
  | { readonly available: false; readonly description: string; readonly hint: string };

const SCRIPT = `const [core, name] = process.argv.slice(1);
import(core).then(async ({ openDevice }) => {
  const { description } = await openDevice(name);
  return { available: true, description };
}).catch((error) => ({ available: false, description: error.message, hint: error.hint ?? '' }))
  .then((answer) => process.stdout.write(JSON.stringify(answer), () => process.exit(0)));`;

/**
 * Opens a device of the core in another process: a driver that crashes or hangs is a finding, and what it prints on the way
 * is its own affair.
 */
export async function tryDevice(
  name: string,
  core = import.meta.resolve('@trestle/core'),
): Promise<TriedDevice> {
  const options = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const;
  const failed = (description: string): TriedDevice => ({ available: false, description, hint: '' });
  return await new Promise((resolve) => {
    execFile(process.execPath, ['--no-warnings', '-e', SCRIPT, core, name], options, (error, stdout) => {
      if (error?.killed) resolve(failed(`It gave no answer within ${TIMEOUT_MS / 1000} s.`));
      else if (error) resolve(failed(`Its driver crashed (${error.signal ?? `exit code ${error.code}`}).`));
      else resolve(JSON.parse(stdout));
    });
  });
}
