import { type Alert, notifiers } from '@trestle/contracts';
import { contribute, plugin } from '@trestle/kernel';

export type { Alert };

/** A plugin with a notifier that always fails and one that remembers what it was told. */
export const contributeNotifier = (told: Alert[]) =>
  plugin({
    name: 'pager',
    version: '1.0.0',
    contributions: [
      contribute(notifiers, {
        name: 'broken',
        load: async () => async () => {
          throw new Error('no network');
        },
      }),
      contribute(notifiers, {
        name: 'pager',
        load: async () => async (_ctx, alert) => {
          told.push(alert);
        },
      }),
    ],
  });
