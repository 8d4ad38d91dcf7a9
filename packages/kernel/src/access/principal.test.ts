import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  localPrincipal,
  may,
  mayHandOn,
  mayOnSomething,
  OPEN_ACCESS,
  OWN_ACCESS,
  SCOPE_PATTERN,
  systemPrincipal,
  WORKSPACE,
} from './principal.ts';

const word = fc.stringMatching(/^[a-z]{1,8}$/);
const access = fc.tuple(word, word).map((words) => words.join(':'));
const resource = fc.record({ kind: word, name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,9}$/) });
const confined = fc
  .tuple(access, resource, fc.constantFrom('', '*'))
  .map(([permission, { kind, name }, star]) => `${permission}@${kind}/${name}${star}`);
const scope = fc.oneof(access, confined);
const with_ = (...scopes: string[]) => ({ id: 'x', scopes });
const churn = { kind: 'model', name: 'churn' };

describe('what a principal may do', () => {
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
    ['data:read@dataset/a', 'data:read', false],
    ['*:*@*/*', 'data:read', false],
    ['*:*@workspace/*', 'data:read', false],
  ])('by the scope "%s", of "%s" on everything: %s', (scope, needed, is) => {
    expect(may(with_(scope), needed, [WORKSPACE])).toBe(is);
  });

  it.each([
    ['registry:write', true],
    ['registry:write@model/churn', true],
    ['registry:write@model/churn*', true],
    ['registry:write@model/ch*', true],
    ['registry:write@model/*', true],
    ['registry:write@*/churn', true],
    ['*:*@*/*', true],
    ['registry:write@model/chur', false],
    ['registry:write@model/churn-2', false],
    ['registry:write@model/CHURN', false],
    ['registry:write@dataset/churn', false],
    ['registry:write@model', false],
    ['registry:write@model/', false],
    ['registry:write@', false],
    ['registry:read@model/churn', false],
    ['serving:write@model/churn', false],
    ['registry:write@model/*urn', false],
  ])('by the scope "%s", of writing the model churn: %s', (scope, is) => {
    expect(may(with_(scope), 'registry:write', [churn])).toBe(is);
  });

  it('has to be covered on each thing that is touched, by any of the scopes', () => {
    const both = [churn, { kind: 'dataset', name: 'calls' }];
    expect(may(with_('training:write@model/churn'), 'training:write', both)).toBe(false);
    expect(may(with_('training:write@model/churn', 'training:write@dataset/*'), 'training:write', both)).toBe(
      true,
    );
  });

  it('is looked at before it is known what is touched: somebody who may nowhere is refused at once', () => {
    expect(mayOnSomething(with_('registry:write@model/churn'), 'registry:write')).toBe(true);
    expect(mayOnSomething(with_('registry:write@model/churn'), 'registry:read')).toBe(false);
  });

  it('lets nobody without scopes do anything but ask whether we live', () => {
    fc.assert(
      fc.property(access, fc.array(resource), (needed, touched) => {
        expect(may(with_(), needed, touched)).toBe(false);
      }),
    );
    expect([may(with_(), OPEN_ACCESS, []), may(with_(), OWN_ACCESS, [])]).toEqual([true, false]);
  });

  it('lets whoever is known see what is theirs', () => {
    expect(may(with_('nothing:much'), OWN_ACCESS, [])).toBe(true);
  });

  it('never takes a permission away for one more scope, and never gives one for more that is touched', () => {
    fc.assert(
      fc.property(
        fc.array(scope),
        scope,
        access,
        fc.array(resource),
        resource,
        (scopes, more, needed, touched, also) => {
          const isAllowed = may(with_(...scopes), needed, touched);
          if (isAllowed) expect(may(with_(...scopes, more), needed, touched)).toBe(true);
          else expect(may(with_(...scopes), needed, [...touched, also])).toBe(false);
        },
      ),
    );
  });

  it('lets nobody hand on more than they have', () => {
    fc.assert(
      fc.property(
        fc.array(scope, { maxLength: 3 }),
        scope,
        access,
        resource,
        (scopes, handed, needed, touched) => {
          if (mayHandOn(with_(...scopes), handed) && may(with_(handed), needed, [touched]))
            expect(may(with_(...scopes), needed, [touched])).toBe(true);
        },
      ),
    );
    expect(mayHandOn(with_('data:*@dataset/a*'), 'data:*@dataset/ab*')).toBe(true);
    expect(mayHandOn(with_('data:*@dataset/ab*'), 'data:*@dataset/a*')).toBe(false);
    expect(mayHandOn(with_('data:read@dataset/a'), 'data:read')).toBe(false);
    expect(mayHandOn(with_('data:read@dataset/a*'), 'data:read@*/a')).toBe(false);
  });

  it('is written in one way', () => {
    fc.assert(fc.property(scope, (text) => SCOPE_PATTERN.test(text)));
    for (const text of [
      'data',
      'data:read@',
      'data:read@model',
      'data:read@model/a*b',
      'data:read@m/a@b',
      'data:read@m/a b',
    ])
      expect(text).not.toMatch(SCOPE_PATTERN);
  });

  it('is everything, for the person at the machine and the host itself', () => {
    fc.assert(
      fc.property(access, resource, (needed, touched) => {
        for (const who of [localPrincipal('ada'), systemPrincipal])
          expect(may(who, needed, [touched, WORKSPACE])).toBe(true);
      }),
    );
  });
});
