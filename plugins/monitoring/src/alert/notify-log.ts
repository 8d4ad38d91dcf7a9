import type { Notifier } from '@trestle/contracts';

/** Writes alerts to the log of the server. */
export const logNotifier: Notifier = {
  name: 'log',
  load: async () => async (ctx, alert) => {
    const facts = { alert: alert.alert, deployment: alert.deployment, summary: alert.summary };
    if (alert.state === 'resolved') ctx.log.info('alert resolved', { ...facts, why: alert.resolution ?? '' });
    else ctx.log.warn('alert fired', facts);
  },
};
