import { describe, expect, it } from 'vitest';
import { commandFirst, flagValue, isAskedFor, wordsOf } from './argv.ts';

describe('what was typed', () => {
  it('has the words of the command in front of the first flag', () => {
    expect(wordsOf(['data', 'add', '--name', 'x'])).toEqual(['data', 'add']);
    expect(wordsOf(['--json'])).toEqual([]);
  });

  it.each([
    [
      ['--json', 'data', 'list'],
      ['data', 'list', '--json'],
    ],
    [
      ['--project', 'P', '--json', 'run', 'list'],
      ['run', 'list', '--project', 'P', '--json'],
    ],
    [
      ['--project=P', 'doctor'],
      ['doctor', '--project=P'],
    ],
    [
      ['--json', 'run', 'note', '--', '--x'],
      ['run', 'note', '--json', '--', '--x'],
    ],
    [
      ['data', 'list', '--json'],
      ['data', 'list', '--json'],
    ],
    [['--help'], ['--help']],
    [[], []],
  ])('%j is %j', (typed, first) => {
    expect(commandFirst(typed)).toEqual(first);
  });

  it('is a value behind --, whatever it looks like', () => {
    expect(isAskedFor(['run', 'note', '--', '--json'], '--json')).toBe(false);
    expect(flagValue(['run', 'note', '--', '--project', 'P'], '--project')).toBeUndefined();
    expect(flagValue(['data', 'list', '--project=P'], '--project')).toBe('P');
  });
});
