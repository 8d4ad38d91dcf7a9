import { ago } from '../../format.ts';
import { to } from '../../frame/route.ts';
import type { Output } from '../../frame/server.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer, Empty } from '../../ui/answer.tsx';
import { Time } from '../../ui/badge.tsx';
import { Table } from '../../ui/table.tsx';

type Then = Output<'registry.at'>;

const linkTo = (model: string, version: number) => <a href={to('models', model)}>{`${model}@${version}`}</a>;
const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** A time as the browser's own field has it, in the zone of whoever looks: `2026-03-03T12:00`. */
export function localTime(time: string): string {
  const date = new Date(time);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** Which models there were, what their aliases meant and what served at a time, by the log. */
export function ModelsThen({ time }: { time: string }) {
  const then = useQuery('registry.at', { time }, { isFixed: true });
  return (
    <Answer of={then}>
      {({ log, models, aliases, deployments, unreadable }) =>
        log.head === null ? (
          <Empty>Nothing had happened yet.</Empty>
        ) : (
          <>
            <p>
              {`${models.length} models. The log had ${log.seq} entries, and ended in `}
              <code>{log.head.slice(0, 16)}…</code>.
            </p>
            {unreadable.length === 0 ? null : (
              <p class="note bad" role="status">
                {`${unreadable.length} entries of the log cannot be read; what they told is missing here.`}
              </p>
            )}
            <Table caption="What served then" rows={deployments} columns={SERVED} />
            <Table caption="Aliases then" rows={aliases} columns={ALIASES} />
          </>
        )
      }
    </Answer>
  );
}

const SERVED: Parameters<typeof Table<Then['deployments'][number]>>[0]['columns'] = [
  { label: 'Deployment', cell: ({ deployment }) => <a href={to('deployments', deployment)}>{deployment}</a> },
  { label: 'Served', cell: ({ model, version }) => linkTo(model, version) },
  { label: 'Follows', cell: ({ follows }) => follows ?? '–' },
  {
    label: 'Trained on',
    cell: ({ dataset }) => (dataset === null ? '–' : <a href={to('datasets', dataset)}>{dataset}</a>),
  },
  {
    label: 'Beside it',
    cell: ({ challenger }) =>
      challenger === null
        ? '–'
        : `${challenger.model}@${challenger.version}, ${percent(challenger.mirrored || challenger.share)}${challenger.mirrored > 0 ? ' asked besides' : ''}`,
  },
  { label: 'Since', cell: ({ since }) => <Time at={since} text={ago(since)} /> },
  { label: 'By', cell: ({ by }) => by },
];

const ALIASES: Parameters<typeof Table<Then['aliases'][number]>>[0]['columns'] = [
  { label: 'Model', cell: ({ model, version }) => linkTo(model, version) },
  { label: 'Alias', cell: ({ alias }) => alias },
  { label: 'Since', cell: ({ since }) => <Time at={since} text={ago(since)} /> },
  { label: 'By', cell: ({ by }) => by },
];
