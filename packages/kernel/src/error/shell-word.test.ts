import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { shellWord } from './shell-word.ts';

describe('a word for a shell', () => {
  it.each(['age=string', "it's ok=boolean", 'a "b" $c `d` \\e', 'ä €=number', 'two\nlines', '*', ''])(
    'is %j again when a shell has read it',
    (text) => {
      expect(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' })).toBe(text);
    },
  );

  it('stands as it is where it may', () => {
    expect(shellWord('strikes@3')).toBe('strikes@3');
  });
});
