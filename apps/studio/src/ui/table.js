import { jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';

const classOf = ({ isNumber, isText }) => (isNumber ? 'number' : isText ? 'text' : '');
/** What a cell shows whole when it is pointed at, because it may be cut. */
const whole = (content) => (typeof content === 'string' ? content : undefined);
/** A table with a caption for those who do not see it; the first cell of a row names the row. */
export function Table({ caption, columns, rows, isMarked }) {
  return _jsx('section', {
    class: 'scroll',
    'aria-label': caption,
    tabIndex: 0,
    children: _jsxs('table', {
      children: [
        _jsx('caption', { class: 'unseen', children: caption }),
        _jsx('thead', {
          children: _jsx('tr', {
            children: columns.map((column) =>
              _jsx('th', { scope: 'col', class: classOf(column), children: column.label }, column.label),
            ),
          }),
        }),
        _jsx('tbody', {
          children: rows.map((row, k) =>
            _jsx(
              'tr',
              {
                class: isMarked?.(row) ? 'marked' : '',
                children: columns.map((column, at) => {
                  const content = column.cell(row);
                  return at === 0
                    ? _jsx(
                        'th',
                        { scope: 'row', class: classOf(column), title: whole(content), children: content },
                        column.label,
                      )
                    : _jsx(
                        'td',
                        { class: classOf(column), title: whole(content), children: content },
                        column.label,
                      );
                }),
              },
              k,
            ),
          ),
        }),
      ],
    }),
  });
}
