import type { Draw } from './shuffle-buffer.ts';

/** Rows mixed as `shuffleBuffer` mixes numbers: `capacity` of them are held, and one chosen by chance goes out for each that comes. */
export async function* shuffledRows<Row>(
  rows: AsyncIterable<Row>,
  capacity: number,
  draw: Draw,
): AsyncGenerator<Row> {
  const held: Row[] = [];
  for await (const row of rows) {
    if (held.length < capacity) held.push(row);
    else yield* held.splice(draw(capacity), 1, row);
  }
  while (held.length > 0) {
    const at = draw(held.length);
    const last = held.pop();
    if (last === undefined) return;
    yield at === held.length ? last : (held.splice(at, 1, last)[0] ?? last);
  }
}
