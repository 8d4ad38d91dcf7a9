import type { Row } from '@trestle/model';
import { describe, expect, it } from 'vitest';
import { joinedPredictions } from './joined-predictions.ts';

/** Tasks that end when they are told to. */
function pool(atOnce = 1) {
  const tasks: { rows: readonly Row[]; end(): void }[] = [];
  const answer = (rows: readonly Row[]) => {
    if (rows.some((row) => row.x === 'bad')) throw new Error('a bad row');
    if (rows.some((row) => row.x === 'late')) throw new RangeError('too late');
    if (rows.length > 1 && rows.some((row) => row.x === 'single')) throw new SyntaxError('one row only');
    if (rows.length > 1 && rows.some((row) => row.x === 'lost')) throw new Error('the thread was lost');
    return {
      kind: 'predicted' as const,
      predictions: rows.map((row) => ({ value: row.x })),
      statistics: rows.map((_, row) => ({ row })),
      rounded: [],
    };
  };
  const { predict, waiting } = joinedPredictions({
    atOnce,
    now: () => 0,
    isOfTask: (thrown) => thrown instanceof RangeError,
    isRefusal: (thrown) => thrown instanceof SyntaxError,
    run: (_digest, rows) =>
      new Promise((resolve, reject) => {
        tasks.push({
          rows,
          end() {
            try {
              resolve(answer(rows));
            } catch (thrown) {
              reject(thrown);
            }
          },
        });
      }),
  });
  const ask = (...values: readonly unknown[]) =>
    predict(
      'digest',
      values.map((x) => ({ x })),
    ).then(
      ({ predictions }) => predictions.map(({ value }) => value),
      (thrown: Error) => thrown.message,
    );
  /** Ends the tasks that run, and lets what follows begin. */
  const endAll = async (): Promise<void> => {
    const running = tasks.splice(0);
    for (const task of running) task.end();
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  return { ask, tasks, endAll, waiting };
}

describe('requests that wait for a thread', () => {
  it('go together when it is free, in their order, each with its own answer', async () => {
    const { ask, tasks, endAll, waiting } = pool();
    const answers = [ask(1), ask(2, 3), ask(4)];
    expect(tasks.map(({ rows }) => rows.length)).toEqual([1]);
    expect(waiting()).toBe(2);
    await endAll();
    expect(tasks.map(({ rows }) => rows.map(({ x }) => x))).toEqual([[2, 3, 4]]);
    expect(waiting()).toBe(0);
    await endAll();
    expect(await Promise.all(answers)).toEqual([[1], [2, 3], [4]]);
  });

  it('are tried alone where one of them is bad, which fails no other', async () => {
    const { ask, endAll } = pool();
    const answers = [ask(1), ask(2), ask('bad'), ask(3)];
    for (let n = 0; n < 3; n++) await endAll();
    expect(await Promise.all(answers)).toEqual([[1], [2], 'a bad row', [3]]);
  });

  it.each([
    ['single', [1, 1]],
    ['lost', [2]],
  ] as const)(
    'go one by one from then on where the model refuses several, not where a thread was lost: %s',
    async (x, later) => {
      const { ask, tasks, endAll } = pool();
      const answers = [ask(1), ask(x), ask(x)];
      for (let n = 0; n < 3; n++) await endAll();
      expect(await Promise.all(answers)).toEqual([[1], [x], [x]]);
      const again = [ask(1), ask(2), ask(3)];
      const sizes: number[] = [];
      for (let n = 0; n < 3; n++) {
        if (n > 0) sizes.push(...tasks.map(({ rows }) => rows.length));
        await endAll();
      }
      expect(sizes).toEqual(later);
      expect(await Promise.all(again)).toEqual([[1], [2], [3]]);
    },
  );

  it('fail together with a task that was too late, and are not begun again', async () => {
    const { ask, tasks, endAll } = pool();
    const answers = [ask(1), ask(2), ask('late')];
    for (let n = 0; n < 2; n++) await endAll();
    expect(await Promise.all(answers)).toEqual([[1], 'too late', 'too late']);
    expect(tasks).toEqual([]);
  });

  it('are not joined beyond so many rows, nor behind one that is large by itself', async () => {
    const { ask, tasks, endAll } = pool();
    const many = (rows: number) => Array.from({ length: rows }, (_, n) => n);
    const answers = [ask(0), ...Array.from({ length: 6 }, () => ask(...many(60))), ask(...many(1_000))];
    // The large one is a task of its own at once.
    expect(tasks.map(({ rows }) => rows.length)).toEqual([1, 1_000]);
    await endAll();
    expect(tasks.map(({ rows }) => rows.length)).toEqual([240]);
    await endAll();
    expect(tasks.map(({ rows }) => rows.length)).toEqual([120]);
    await endAll();
    expect((await Promise.all(answers)).map((answer) => answer.length)).toEqual([
      1, 60, 60, 60, 60, 60, 60, 1_000,
    ]);
  });

  it('use as many threads as there are', async () => {
    const { ask, tasks, endAll } = pool(2);
    const answers = [ask(1), ask(2), ask(3), ask(4)];
    expect(tasks.map(({ rows }) => rows.length)).toEqual([1, 1]);
    await endAll();
    expect(tasks.map(({ rows }) => rows.length)).toEqual([2]);
    await endAll();
    expect(await Promise.all(answers)).toEqual([[1], [2], [3], [4]]);
  });
});
