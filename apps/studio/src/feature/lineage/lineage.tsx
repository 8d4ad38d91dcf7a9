import { useState } from 'preact/hooks';
import { Graph } from '../../chart/graph.tsx';
import { pageOf, to } from '../../frame/route.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer } from '../../ui/answer.tsx';
import { Table } from '../../ui/table.tsx';

/** Where something came from and what it went into: as a graph, and as a table of the same edges. */
export function LineagePage({ subject }: { subject: string | undefined }) {
  const [text, setText] = useState(subject ?? '');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (text.trim() !== '') location.hash = to('lineage', text.trim());
  };
  return (
    <>
      <h1>Lineage</h1>
      <form class="row" onSubmit={submit}>
        <label>
          Trace{' '}
          <input
            value={text}
            placeholder="p-…, r-…, name@3, model:name@champion"
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <button type="submit">Show</button>
      </form>
      {subject === undefined ? (
        <p class="quiet">Name a prediction, run, model, dataset or deployment.</p>
      ) : (
        <Traced subject={subject} />
      )}
    </>
  );
}

function Traced({ subject }: { subject: string }) {
  const trace = useQuery('trace', { ref: subject });
  return (
    <Answer of={trace}>
      {(found) => (
        <>
          <Graph
            about={`Lineage of ${found.ref}`}
            says={`${found.nodes.length} things and ${found.edges.length} steps; the table below lists them`}
            nodes={found.nodes}
            edges={found.edges}
            here={found.ref}
            hrefOf={pageOf}
          />
          {found.truncated ? <p class="quiet">There is more than is shown here.</p> : null}
          <h2>Steps</h2>
          <Table
            caption={`Edges of the lineage of ${found.ref}`}
            rows={found.edges}
            columns={[
              { label: 'From', cell: (edge) => <a href={pageOf(edge.from)}>{edge.from}</a> },
              { label: 'What was done', cell: (edge) => edge.kind },
              { label: 'To', cell: (edge) => <a href={pageOf(edge.to)}>{edge.to}</a> },
            ]}
          />
        </>
      )}
    </Answer>
  );
}
