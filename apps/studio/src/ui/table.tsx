import type { ComponentChildren } from 'preact';

export interface Column<Row> {
  readonly label: string;
  readonly cell: (row: Row) => ComponentChildren;
  readonly isNumber?: boolean;
  /** Holds sentences: they wrap, where names and numbers stay on a line and are cut. */
  readonly isText?: boolean;
}

const classOf = ({ isNumber, isText }: Pick<Column<unknown>, 'isNumber' | 'isText'>): string =>
  isNumber ? 'number' : isText ? 'text' : '';

/** What a cell shows whole when it is pointed at, because it may be cut. */
const whole = (content: ComponentChildren): string | undefined =>
  typeof content === 'string' ? content : undefined;

/** A table with a caption for those who do not see it; the first cell of a row names the row. */
export function Table<Row>({
  caption,
  columns,
  rows,
  isMarked,
}: {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  /** The row that the others are seen beside: the chosen one, the champion. */
  isMarked?: (row: Row) => boolean;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
    <section class="scroll" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col" class={classOf(column)} key={column.label}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, k) => (
            <tr key={k} class={isMarked?.(row) ? 'marked' : ''}>
              {columns.map((column, at) => {
                const content = column.cell(row);
                return at === 0 ? (
                  <th scope="row" class={classOf(column)} title={whole(content)} key={column.label}>
                    {content}
                  </th>
                ) : (
                  <td class={classOf(column)} title={whole(content)} key={column.label}>
                    {content}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
