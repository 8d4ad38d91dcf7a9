import process from 'node:process';
import { run } from '@oclif/core';
import {
  didYouMean,
  exitCodeOf,
  isRecord,
  isTrestleError,
  TrestleError,
  toTrestleError,
} from '@trestle/kernel';
import { commandFirst, GLOBAL_FLAGS, isAskedFor, oddFlag, wantsJson, wordsOf } from './argv.ts';
import { renderError } from './render/render-error.ts';
import { usageError } from './usage-error.ts';

export { endOnClosedPipe } from './closed-pipe.ts';

/** Runs a command line and returns its exit code. Never throws, never shows a stack unless TRESTLE_DEBUG asks for it. */
export async function main(typed: readonly string[]): Promise<number> {
  const argv = commandFirst(typed);
  try {
    const document = wantsJson(argv) ? await askedDocument(argv) : undefined;
    if (document !== undefined) {
      process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
      return 0;
    }
    await run(isBare(argv) ? ['--help'] : [...argv], import.meta.url);
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (thrown) {
    if (isExitZero(thrown)) return 0;
    const error = await readable(thrown, argv);
    renderError(error, wantsJson(argv));
    return exitCodeOf(error);
  }
}

/** Nothing but what every command takes: the same as nothing at all, which asks for help. */
const isBare = (argv: readonly string[]): boolean =>
  wordsOf(argv).length === 0 && !isAskedFor(argv, '--version') && oddFlag(argv) === undefined;

/** With `--json` the version and help are documents too; undefined when a command is to be run. */
async function askedDocument(argv: readonly string[]): Promise<unknown> {
  if (wordsOf(argv).length === 0 && oddFlag(argv) !== undefined) return undefined;
  const { helpDocument, versionDocument } = await import('./help-document.ts');
  if (wordsOf(argv).length === 0 && isAskedFor(argv, '--version')) return versionDocument();
  return helpDocument(argv, (await import('./commands.ts')).COMMANDS);
}

/** oclif ends `--help` with an error whose exit code is 0. */
function isExitZero(thrown: unknown): boolean {
  return isRecord(thrown) && isRecord(thrown.oclif) && thrown.oclif.exit === 0;
}

async function readable(thrown: unknown, argv: readonly string[]): Promise<TrestleError> {
  if (isTrestleError(thrown)) return toTrestleError(thrown);
  if (!(thrown instanceof Error) || !('oclif' in thrown)) return toTrestleError(thrown);
  const { COMMANDS } = await import('./commands.ts');
  const notFound = /^command (.+) not found\.?$/i.exec(thrown.message);
  if (!notFound) return usageError(thrown, argv, COMMANDS);
  const typed = wordsOf(argv);
  const odd = oddFlag(argv);
  if (typed.length === 0 && odd !== undefined) {
    return new TrestleError('TRS_CLI_USAGE', {
      kind: 'usage',
      message: `There is no flag "${odd}".${didYouMean(odd, GLOBAL_FLAGS)}`,
      hint: 'See "trestle --help".',
    });
  }
  const known = Object.keys(COMMANDS).map((id) => id.replace(':', ' '));
  // The rest of what was typed are arguments: only the first words can name a command.
  const meant = [typed.slice(0, 2).join(' '), typed[0] ?? ''].map((words) => didYouMean(words, known));
  return new TrestleError('TRS_CLI_UNKNOWN_COMMAND', {
    kind: 'usage',
    message: `There is no command "trestle ${typed.slice(0, 2).join(' ')}".${meant.find((one) => one !== '') ?? ''}`,
    hint: `See "trestle ${known.some((id) => id.startsWith(`${typed[0]} `)) ? `${typed[0]} ` : ''}--help" for the commands that there are.`,
  });
}
