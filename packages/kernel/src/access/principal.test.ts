import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localPrincipal, mayAccess, OPEN_ACCESS, OWN_ACCESS, systemPrincipal } from './principal.ts';

const word = fc.stringMatching(/^[a-z]{1,8}$/);
const access = fc.tuple(word, word).map((words) => words.join(':'));
const with_ = (...scopes: string[]) => ({ id: 'x', scopes });

describe('mayAccess', () => {
  it.each([
    ['data:read', 'data:read', true],
    ['data:*', 'data:read', true],
    ['*:read', 'data:read', true],
    ['*:*', 'data:read', true],
    ['data:write', 'data:read', false],
    ['model:read', 'data:read', false],
    ['data', 'data:read', false],
    ['*', 'data:read', false],
    ['', 'data:read', false],
    ['dat*:read', 'data:read', false],
    ['data:read:more', 'data:read', true],
  ])('says of the scope "%s" for "%s": %s', (scope, needed, may) => {
    expect(mayAccess(with_(scope), needed)).toBe(may);
  });

  it('lets nobody without scopes do anything but ask whether we live', () => {
    fc.assert(
      fc.property(access, (needed) => {
        expect(mayAccess(with_(), needed)).toBe(false);
      }),
    );
    expect([mayAccess(with_(), OPEN_ACCESS), mayAccess(with_(), OWN_ACCESS)]).toEqual([true, false]);
  });

  it('lets whoever is known see what is theirs', () => {
    expect(mayAccess(with_('nothing:much'), OWN_ACCESS)).toBe(true);
  });

  it('never takes a permission away for one more scope', () => {
    fc.assert(
      fc.property(fc.array(access), access, access, (scopes, more, needed) => {
        if (mayAccess(with_(...scopes), needed)) expect(mayAccess(with_(...scopes, more), needed)).toBe(true);
      }),
    );
  });

  it('lets the person at the machine, and the host itself, do everything', () => {
    fc.assert(
      fc.property(access, (needed) => {
        expect([localPrincipal('ada'), systemPrincipal].map((who) => mayAccess(who, needed))).toEqual([
          true,
          true,
        ]);
      }),
    );
  });
});
