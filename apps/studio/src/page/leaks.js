import { useState } from 'preact/hooks';
import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { percent } from '../format.ts';
import { Answer } from '../ui/answer.tsx';
import { useQuery } from '../use-query.ts';
/** Which columns nearly tell what is to be predicted, once it is said what that is. */
export function Leaks({ name, columns }) {
  const [target, setTarget] = useState('');
  return _jsxs(_Fragment, {
    children: [
      _jsx('h2', { children: 'Leaks' }),
      _jsxs('p', {
        class: 'row',
        children: [
          _jsxs('label', {
            children: [
              'A column to predict',
              ' ',
              _jsxs('select', {
                value: target,
                onChange: (event) => setTarget(event.currentTarget.value),
                children: [
                  _jsx('option', { value: '', children: 'none' }),
                  columns.map((column) => _jsx('option', { value: column, children: column }, column)),
                ],
              }),
            ],
          }),
          _jsx('span', { class: 'quiet', children: 'warns of columns that alone nearly tell it' }),
        ],
      }),
      target === '' ? null : _jsx(LeaksOf, { name: name, target: target }),
    ],
  });
}
function LeaksOf({ name, target }) {
  const profile = useQuery('data.profile', { name, target });
  return _jsx(Answer, {
    of: profile,
    children: ({ leaks = [] }) =>
      leaks.length === 0
        ? _jsxs('p', {
            class: 'note',
            role: 'status',
            children: ['No column alone nearly tells \u201C', _jsx('bdi', { children: target }), '\u201D.'],
          })
        : _jsx('div', {
            role: 'status',
            'aria-label': `Leaks of ${target}`,
            children: _jsx('ul', {
              class: 'alerts',
              children: leaks.map(({ column, score }) =>
                _jsxs(
                  'li',
                  {
                    class: 'note warn',
                    children: [
                      '\u201C',
                      _jsx('bdi', { children: column }),
                      '\u201D alone nearly tells \u201C',
                      _jsx('bdi', { children: target }),
                      '\u201D (',
                      percent(score),
                      ' of what can be known): leave it out, or make sure that it is known in time.',
                    ],
                  },
                  column,
                ),
              ),
            }),
          }),
  });
}
