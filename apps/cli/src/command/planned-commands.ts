import { Command } from '@oclif/core';
import { TrestleError } from '@trestle/kernel';

/**
 * Commands that are promised and not built yet, with what there is instead. They say so rather than not exist; an
 * operation of the same name takes the place of its entry.
 */
const PLANNED: Readonly<Record<string, string>> = {
  'deployment:promote': 'Deploy another version with "trestle deploy MODEL@VERSION --name DEPLOYMENT".',
  'run:cancel': 'Stop a training with Ctrl-C, or a queued one with "trestle job cancel".',
  'run:resume': 'Train again with the same --seed; "trestle run show" has the settings.',
};

/** One command for each entry that `known` does not have. */
export function plannedCommands(known: ReadonlySet<string>): Record<string, typeof Command> {
  return Object.fromEntries(
    Object.entries(PLANNED)
      .filter(([id]) => !known.has(id))
      .map(([id, hint]) => [id, plannedCommand(id.replace(':', ' '), hint)]),
  );
}

function plannedCommand(name: string, hint: string): typeof Command {
  return class extends Command {
    static override summary = `Not available yet. ${hint}`;
    // Not offered, but found by whoever types it.
    static override hidden = true;
    static override strict = false;

    override async run(): Promise<void> {
      throw new TrestleError('TRS_CLI_NOT_AVAILABLE', {
        kind: 'usage',
        message: `"trestle ${name}" is not available yet.`,
        hint,
        details: { command: name },
      });
    }

    protected override async catch(error: Error): Promise<never> {
      throw error;
    }
  };
}
