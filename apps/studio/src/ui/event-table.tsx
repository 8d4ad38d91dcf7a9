import { ago } from '../format.ts';
import { pageOf } from '../frame/route.ts';
import type { Output } from '../frame/server.ts';
import { Time } from './badge.tsx';
import { Table } from './table.tsx';

type LogEvent = Output<'audit.log'>['events'][number];

export const EventTable = ({ events }: { events: readonly LogEvent[] }) => (
  <Table
    caption="Events, newest first"
    rows={events}
    columns={[
      {
        label: 'What',
        cell: (event) => (
          <details>
            <summary>{event.type}</summary>
            <pre>{JSON.stringify(event.payload, undefined, 2)}</pre>
          </details>
        ),
      },
      {
        label: 'About',
        cell: (event) =>
          event.subject.startsWith('operation:') ? (
            event.subject.slice('operation:'.length)
          ) : (
            <a href={pageOf(event.subject)}>{event.subject}</a>
          ),
      },
      { label: 'Who', cell: (event) => event.actor },
      { label: 'By', cell: (event) => event.operation },
      { label: 'When', cell: (event) => <Time at={event.time} text={ago(event.time)} /> },
      { label: '#', isNumber: true, cell: (event) => event.seq },
    ]}
  />
);
