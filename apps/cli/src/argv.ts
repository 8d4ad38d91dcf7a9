/** What may stand without a command. */
export const GLOBAL_FLAGS: readonly string[] = ['--help', '--json', '--project', '--server', '--version'];
/** Those that take a value. */
const WITH_VALUE: ReadonlySet<string> = new Set(['--project', '--server']);

/** What stands before `--`: behind it are values, whatever they look like. */
const options = (argv: readonly string[]): readonly string[] => {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
};

/** The value of a flag in raw arguments, before they are parsed: `--flag value` or `--flag=value`. */
export function flagValue(argv: readonly string[], flag: string): string | undefined {
  for (const [index, argument] of options(argv).entries()) {
    if (argument === flag) return argv[index + 1];
    if (argument.startsWith(`${flag}=`)) return argument.slice(flag.length + 1);
  }
  return undefined;
}

/** Whether a flag without a value is there. */
export const isAskedFor = (argv: readonly string[], flag: string): boolean => options(argv).includes(flag);

/** Whether `--json` was asked for. */
export const wantsJson = (argv: readonly string[]): boolean => isAskedFor(argv, '--json');

/** The words that name a topic or a command: those in front of the first flag. */
export function wordsOf(argv: readonly string[]): readonly string[] {
  const flag = argv.findIndex((argument) => argument.startsWith('-'));
  return flag === -1 ? argv : argv.slice(0, flag);
}

/** Puts global flags that were typed in front of the command behind it, where the parser looks for them. */
export function commandFirst(argv: readonly string[]): readonly string[] {
  const before = options(argv);
  let words = 0;
  while (before[words]?.startsWith('--')) words += WITH_VALUE.has(before[words] ?? '') ? 2 : 1;
  return [...before.slice(words), ...before.slice(0, words), ...argv.slice(before.length)];
}

/** The first flag that may not stand without a command. */
export const oddFlag = (argv: readonly string[]): string | undefined =>
  options(argv).find(
    (argument, index) =>
      argument.startsWith('-') &&
      !WITH_VALUE.has(argv[index - 1] ?? '') &&
      !GLOBAL_FLAGS.includes(argument.split('=')[0] ?? ''),
  );
