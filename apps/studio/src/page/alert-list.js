import { jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { call } from '../api.ts';
import { ago } from '../format.ts';
import { to } from '../route.ts';
import { Badge, Time } from '../ui/badge.tsx';
import { ConfirmButton } from '../ui/confirm-button.tsx';
export function AlertList({ alerts, changed }) {
  return _jsx('ul', {
    class: 'alerts',
    children: alerts.map((alert) =>
      _jsxs(
        'li',
        {
          class: 'card',
          children: [
            _jsxs('div', {
              class: 'row',
              children: [
                _jsx(Badge, { children: alert.state }),
                _jsxs('strong', {
                  children: [
                    alert.kind,
                    ' \u00B7 ',
                    _jsx('a', { href: to('deployments', alert.deployment), children: alert.deployment }),
                  ],
                }),
                _jsx(Time, { at: alert.openedAt, text: ago(alert.openedAt) }),
                alert.state === 'open'
                  ? _jsx(ConfirmButton, {
                      label: 'Acknowledge',
                      title: `Acknowledge ${alert.alert}?`,
                      act: () => call('monitor.acknowledge', { alert: alert.alert }),
                      done: changed,
                      says: `${alert.alert} is acknowledged.`,
                      children: _jsx('p', {
                        children:
                          'It stays until its cause is gone; others see that somebody looks after it.',
                      }),
                    })
                  : null,
              ],
            }),
            _jsx('p', { children: alert.summary }),
            alert.resolution ? _jsx('p', { class: 'quiet', children: alert.resolution }) : null,
          ],
        },
        alert.alert,
      ),
    ),
  });
}
