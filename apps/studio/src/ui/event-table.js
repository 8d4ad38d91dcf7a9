import { jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { ago } from '../format.ts';
import { pageOf } from '../route.ts';
import { Time } from './badge.tsx';
import { Table } from './table.tsx';
export const EventTable = ({ events }) =>
  _jsx(Table, {
    caption: 'Events, newest first',
    rows: events,
    columns: [
      {
        label: 'What',
        cell: (event) =>
          _jsxs('details', {
            children: [
              _jsx('summary', { children: event.type }),
              _jsx('pre', { children: JSON.stringify(event.payload, undefined, 2) }),
            ],
          }),
      },
      {
        label: 'About',
        cell: (event) =>
          event.subject.startsWith('operation:')
            ? event.subject.slice('operation:'.length)
            : _jsx('a', { href: pageOf(event.subject), children: event.subject }),
      },
      { label: 'Who', cell: (event) => event.actor },
      { label: 'By', cell: (event) => event.operation },
      { label: 'When', cell: (event) => _jsx(Time, { at: event.time, text: ago(event.time) }) },
      { label: '#', isNumber: true, cell: (event) => event.seq },
    ],
  });
