import { to, useHash, useParameter } from '../../frame/route.ts';
import type { Output } from '../../frame/server.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer, Empty } from '../../ui/answer.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Table } from '../../ui/table.tsx';
import { OperationForm } from './operation-form.tsx';

export type OperationFacts = Output<'operation.list'>['operations'][number];

/** Everything that can be done here, also by plugins of which the Studio knows nothing. */
export function OperationsPage() {
  const list = useQuery('operation.list', {}, { isFixed: true });
  const [text, setText] = useParameter('find');
  return (
    <>
      <h1>Operations</h1>
      <p class="row">
        <label>
          Whose name or purpose has{' '}
          <input type="search" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
      </p>
      <Answer of={list}>
        {({ operations }) => {
          const found = operations.filter(({ id, summary }) =>
            `${id} ${summary}`.toLowerCase().includes(text.toLowerCase()),
          );
          return found.length === 0 ? (
            <Empty>No operation has “{text}” in its name or purpose.</Empty>
          ) : (
            <Table
              caption="Operations"
              rows={found}
              columns={[
                { label: 'Operation', cell: ({ id }) => <a href={to('operations', id)}>{id}</a> },
                { label: 'Does', isText: true, cell: ({ summary }) => summary },
                { label: 'Kind', cell: ({ kind }) => kind },
                { label: 'Plugin', cell: ({ plugin }) => plugin },
                {
                  label: 'Permission',
                  cell: ({ access, allowed }) => (allowed ? access : <Badge>{`lacks ${access}`}</Badge>),
                },
              ]}
            />
          );
        }}
      </Answer>
    </>
  );
}

/** One operation: a form of its input, and what came of it. */
export function OperationPage({ id }: { id: string }) {
  const hash = useHash();
  const list = useQuery('operation.list', {}, { isFixed: true });
  return (
    <>
      <h1>{id}</h1>
      <Answer of={list}>
        {({ operations }) => {
          const operation = operations.find((one) => one.id === id);
          return operation ? (
            // Another address of the same operation is another question.
            <OperationForm key={hash} operation={operation} />
          ) : (
            <Empty>There is no operation of this name; its plugin may have been removed.</Empty>
          );
        }}
      </Answer>
    </>
  );
}
