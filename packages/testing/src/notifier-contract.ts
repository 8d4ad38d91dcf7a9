import type { Alert, Notifier } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { describe, expect, it } from 'vitest';

export interface NotifierUnderTest {
  /** The context of an operation, in a project of its own. */
  context(): Promise<Context>;
  /** What has come out at the other end so far. */
  received(): Promise<readonly string[]>;
}

const FIRED: Alert = {
  alert: 'a-0199',
  deployment: 'contract',
  kind: 'drift',
  severity: 'warning',
  state: 'open',
  model: { name: 'contract', version: 3 },
  features: ['größe'],
  summary: 'Of 4 features 2 have drifted; the most is "größe" (0.41).',
  openedAt: '2026-11-30T12:00:00.000Z',
};
const RESOLVED: Alert = {
  ...FIRED,
  state: 'resolved',
  resolvedAt: '2026-11-30T13:00:00.000Z',
  resolution: 'the distributions are back',
};

/** What every notifier must do. Call it inside a vitest file. */
export function notifierContract(notifier: Notifier, { context, received }: NotifierUnderTest): void {
  describe(`${notifier.name}: notifier contract`, () => {
    it('has a name that a log can name', () => {
      expect(notifier.name).toMatch(/^[a-z][a-z0-9-]*$/);
    });

    it('tells of an alert that fired and of its end, each time that it is asked, in its words', async () => {
      const send = await notifier.load();
      const ctx = await context();
      const before = (await received()).length;
      await send(ctx, Object.freeze(FIRED));
      await send(ctx, Object.freeze(RESOLVED));
      const told = (await received()).slice(before);
      expect(told).toHaveLength(2);
      for (const text of told) expect(text).toContain(FIRED.deployment);
      expect(told[0]).toContain(FIRED.summary);
      expect(told[1]).not.toEqual(told[0]);
    });
  });
}
