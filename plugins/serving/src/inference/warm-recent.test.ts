import { answersToken, deploymentsToken } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { describe, expect, it } from 'vitest';
import { inferencePoolToken } from './inference-pool-token.ts';
import { warmRecent } from './warm-recent.ts';

/** A project with deployments, how often each was asked, and what became of those that were opened. */
function project(asked: Readonly<Record<string, number>>, fails: readonly string[] = []) {
  const opened: string[] = [];
  const services = new Map<unknown, unknown>([
    [
      deploymentsToken,
      {
        list: async () =>
          Object.keys(asked).map((deployment) => ({ deployment, model: { digest: deployment } })),
      },
    ],
    [
      answersToken,
      {
        recent: async () =>
          Object.entries(asked)
            .filter(([, requests]) => requests > 0)
            // Of two revisions.
            .flatMap(([deployment, requests]) => [
              { deployment, requests: requests - 1 },
              { deployment, requests: 1 },
            ]),
      },
    ],
    [
      inferencePoolToken,
      {
        warmUp: async (digest: string) => {
          opened.push(digest);
          if (fails.includes(digest)) throw new Error('it cannot be opened');
        },
      },
    ],
  ]);
  const scope = { service: async (token: unknown) => services.get(token), log: { debug() {} } };
  return { scope: scope as unknown as Scope, opened };
}

describe('what a server opens before it is asked', () => {
  it('is what was asked lately, the most asked first, and nothing else', async () => {
    const { scope, opened } = project({ rare: 1, often: 50, never: 0, some: 7 });
    await warmRecent(scope, new AbortController().signal);
    expect(opened).toEqual(['often', 'some', 'rare']);
  });

  it('is not more than twenty, and goes on where one does not open', async () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`d${n}`, 100 - n]));
    const { scope, opened } = project(many, ['d0']);
    await warmRecent(scope, new AbortController().signal);
    expect(opened).toEqual(Object.keys(many).slice(0, 20));
  });

  it('is nothing any more when it is late', async () => {
    const { scope, opened } = project({ a: 1 });
    await warmRecent(scope, AbortSignal.abort());
    expect(opened).toEqual([]);
  });
});
