import { count, plural } from '../../format.ts';
import type { Output } from '../../frame/server.ts';
import { Rows } from '../../ui/rows.tsx';

const NUMBERS = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL)/;

/** The rows of a query as they are: numbers are not rounded, and what is missing differs from the text of that name. */
export function QueryTable({ answer, ms }: { answer: Output<'data.query'>; ms: number }) {
  const { columns, rows, truncated } = answer;
  return (
    <>
      <h2>Result</h2>
      <p class="quiet" role="status">
        {`${plural(rows.length, 'row')}${truncated ? ', and there are more' : ''} of ${plural(columns.length, 'column')}, in ${count(ms)} ms`}
      </p>
      {rows.length === 0 ? null : (
        <Rows
          caption="Rows of the result"
          columns={columns.map(({ name, type }) => ({
            key: name,
            label: name,
            isNumber: NUMBERS.test(type),
          }))}
          rows={rows}
        />
      )}
    </>
  );
}
