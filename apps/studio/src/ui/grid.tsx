// biome-ignore-all lint/a11y/useSemanticElements: rows and cells stand where they are placed, which the elements of a table cannot.
// biome-ignore-all lint/a11y/useFocusableInteractive: the box that scrolls has the focus; rows are read, not operated.
// biome-ignore-all lint/a11y/useAriaPropsSupportedByRole: a cell's role is given to it.
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from '@tanstack/virtual-core';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Column } from './table.tsx';

const ROW_PX = 37;
const OVERSCAN = 4;

/**
 * A table of which only what is seen is in the page, in both directions: as many rows and columns as there are. What cannot be
 * seen is counted (`aria-rowcount`, `aria-colcount`), and scrolled to with the keyboard.
 */
export function Grid<Row>(props: {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  widthOf: (column: number) => number;
}) {
  const { caption, columns, rows, widthOf } = props;
  const box = useRef<HTMLElement>(null);
  const vertical = useVirtual(box, rows.length, () => ROW_PX, false);
  const horizontal = useVirtual(box, columns.length, widthOf, true);
  const [width, height] = [horizontal.getTotalSize(), (rows.length + 1) * ROW_PX];
  const seen = horizontal.getVirtualItems();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
    <section class="scroll grid" aria-label={caption} tabIndex={0} ref={box}>
      <div
        role="table"
        aria-label={caption}
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length}
        ref={placed({ width, height })}
      >
        <div role="rowgroup" class="grid-head">
          <div role="row" aria-rowindex={1} ref={placed({ width, height: ROW_PX })}>
            {seen.map((item) => (
              <Cell key={item.key} role="columnheader" item={item} column={columns[item.index]}>
                {columns[item.index]?.label}
              </Cell>
            ))}
          </div>
        </div>
        <div role="rowgroup">
          {vertical.getVirtualItems().map((line) => {
            const row = rows[line.index];
            return row === undefined ? null : (
              <div
                role="row"
                class="grid-row"
                key={line.key}
                aria-rowindex={line.index + 2}
                ref={placed({ top: line.start + ROW_PX, width, height: ROW_PX })}
              >
                {seen.map((item) => (
                  <Cell key={item.key} role="cell" item={item} column={columns[item.index]}>
                    {columns[item.index]?.cell(row)}
                  </Cell>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}

function Cell<Row>(props: {
  role: 'cell' | 'columnheader';
  item: VirtualItem;
  column: Column<Row> | undefined;
  children: preact.ComponentChildren;
}) {
  const { item, children } = props;
  return (
    <div
      role={props.role}
      class={`grid-cell ${props.column?.isNumber ? 'number' : ''}`}
      aria-colindex={item.index + 1}
      title={typeof children === 'string' ? children : undefined}
      ref={placed({ left: item.start, width: item.size, height: ROW_PX })}
    >
      {children}
    </div>
  );
}

/** Places an element. Not by a style attribute, which the server's policy refuses. */
export const placed =
  (place: Readonly<Partial<Record<'left' | 'top' | 'width' | 'height', number>>>) =>
  (element: HTMLElement | null): void => {
    for (const [side, px] of Object.entries(place)) element?.style.setProperty(side, `${px}px`);
  };

/** What is seen of one direction, drawn anew as the box is scrolled. */
export function useVirtual(
  box: { readonly current: HTMLElement | null },
  count: number,
  sizeOf: (index: number) => number,
  horizontal: boolean,
  /** What stands before the first and does not move. */
  paddingStart = 0,
): Virtualizer<HTMLElement, HTMLElement> {
  const [, redraw] = useState({});
  const options = {
    count,
    horizontal,
    overscan: OVERSCAN,
    paddingStart,
    scrollPaddingStart: paddingStart,
    estimateSize: sizeOf,
    getScrollElement: () => box.current,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => redraw({}),
  };
  const virtualizer = useMemo(() => new Virtualizer<HTMLElement, HTMLElement>(options), []);
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  return virtualizer;
}
