import { didYouMean, TrestleError } from '@trestle/kernel';

/** A command as oclif knows it: its flags and arguments by name. */
interface Known {
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly args?: Readonly<Record<string, unknown>>;
}

const hasList = <Key extends string>(value: object, key: Key): value is Record<Key, readonly unknown[]> =>
  key in value && Array.isArray((value as Record<Key, unknown>)[key]);

/** What oclif's parser says, in our words: what is wrong, the nearest name, and where the help is. */
export function usageError(
  thrown: Error,
  typed: readonly string[],
  commands: Readonly<Record<string, Known>>,
): TrestleError {
  const id = commandOf(typed, commands);
  const name = id === undefined ? '' : ` ${id.replaceAll(':', ' ')}`;
  return new TrestleError('TRS_CLI_USAGE', {
    kind: 'usage',
    message: reasonOf(thrown, commands[id ?? '']),
    hint: `See "trestle${name} --help".`,
    cause: thrown,
  });
}

/** The longest start of what was typed that is a command. */
function commandOf(typed: readonly string[], commands: Readonly<Record<string, Known>>): string | undefined {
  return [typed.slice(0, 2).join(':'), typed[0] ?? ''].find((id) => id in commands);
}

function reasonOf(thrown: Error, command: Known | undefined): string {
  const message = (thrown.message.split('\nSee more help')[0] ?? thrown.message).trim();
  if (hasList(thrown, 'flags')) {
    const known = Object.keys(command?.flags ?? {}).map((flag) => `--${flag}`);
    const [flag = ''] = thrown.flags.map(String);
    return `There is no flag "${flag}".${didYouMean(flag, known)}`;
  }
  if (message.startsWith('Missing') && hasList(thrown, 'args')) {
    const names = thrown.args.map((arg) => nameOf(arg).toUpperCase());
    return `${names.join(' and ')} must be given.`;
  }
  if (message.startsWith('Unexpected argument') && hasList(thrown, 'args')) {
    const names = Object.keys(command?.args ?? {});
    const takes = names.length === 0 ? 'no arguments' : names.map((one) => one.toUpperCase()).join(', ');
    return `"${thrown.args.map(String).join(' ')}" is too much: the command takes ${takes}.`;
  }
  const missing = [...message.matchAll(/Missing required flag (\S+)/g)].map((match) => `--${match[1]}`);
  if (missing.length > 0) return `${missing.join(' and ')} must be given.`;
  return message.endsWith('.') ? message : `${message}.`;
}

const nameOf = (arg: unknown): string =>
  typeof arg === 'object' && arg !== null && 'name' in arg ? String(arg.name) : '';
