import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Asked, Reply } from '../exchange/asked.ts';
import { joinedRequests } from './joined-requests.ts';

/** Tasks that end when they are told to. */
function pool({ atOnce = 1, maxDelayMs = 0 } = {}) {
  const tasks: { bodies: readonly string[]; end(): void }[] = [];
  let time = 0;
  const answers = (bodies: readonly string[]): Reply[] => {
    if (bodies.includes('lost')) throw new Error('the thread was lost');
    if (bodies.includes('late')) throw new RangeError('too late');
    return bodies.map((body) => ({ kind: 'replied', rows: 1, body }));
  };
  const model = { atOnce, maxDelayMs };
  const { answer, waiting } = joinedRequests<typeof model>({
    late: (ms) => new Error(`after ${ms} ms`),
    now: () => time,
    isOfTask: (thrown) => thrown instanceof RangeError,
    run: (_model, requests) =>
      new Promise((resolve, reject) => {
        const bodies = requests.map(({ body }) => String(body));
        tasks.push({
          bodies,
          end() {
            try {
              resolve(answers(bodies));
            } catch (thrown) {
              reject(thrown);
            }
          },
        });
      }),
  });
  const ask = (body: string, timeoutMs?: number) => {
    const asked: Asked = { form: 'rows', body, id: 'p-1', deployment: 'd', model: { name: 'm', version: 1 } };
    return answer(model, asked, timeoutMs).then(
      (reply) => (reply.kind === 'replied' ? reply.body : reply.error.message),
      (thrown: Error) => thrown.message,
    );
  };
  /** Ends the tasks that run, and lets what follows begin. */
  const endAll = async (): Promise<void> => {
    for (const task of tasks.splice(0)) task.end();
    for (let n = 0; n < 10; n++) await Promise.resolve();
  };
  /** Until all has been read that came at once. */
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const sizes = () => tasks.map(({ bodies }) => bodies.length);
  const pass = (ms: number) => {
    time += ms;
  };
  return { ask, tasks, endAll, waiting, sizes, pass, turn };
}

describe('requests that wait for a thread', () => {
  it('go together when it is free, in their order, each with its own answer', async () => {
    const { ask, tasks, endAll, waiting, sizes, turn } = pool();
    const answers = [ask('1')];
    await turn();
    answers.push(ask('2'), ask('3'));
    expect(sizes()).toEqual([1]);
    expect(waiting()).toBe(2);
    await endAll();
    expect(tasks.map(({ bodies }) => bodies)).toEqual([['2', '3']]);
    expect(waiting()).toBe(0);
    await endAll();
    expect(await Promise.all(answers)).toEqual(['1', '2', '3']);
  });

  it('go together when they came at once, though a thread was free, and waited for nobody', async () => {
    const { ask, endAll, waiting, sizes, turn } = pool();
    const answers = [ask('1'), ask('2'), ask('3')];
    expect(waiting()).toBe(0);
    expect(sizes()).toEqual([]);
    await turn();
    expect(sizes()).toEqual([3]);
    await endAll();
    expect(await Promise.all(answers)).toEqual(['1', '2', '3']);
  });

  it('are begun at once, each by itself, where nothing may wait', () => {
    const { ask, sizes } = pool({ atOnce: Number.POSITIVE_INFINITY });
    for (const body of ['1', '2']) void ask(body);
    expect(sizes()).toEqual([1, 1]);
  });

  it('are tried alone where a thread was lost, which fails no other', async () => {
    const { ask, endAll, sizes, turn } = pool();
    const answers = [ask('1'), ask('2'), ask('lost'), ask('3')];
    await turn();
    await endAll();
    expect(sizes()).toEqual([1, 1, 1, 1]);
    await endAll();
    expect(await Promise.all(answers)).toEqual(['1', '2', 'the thread was lost', '3']);
  });

  it('fail together with a task that was too late, and are not begun again', async () => {
    const { ask, tasks, endAll, turn } = pool();
    const answers = [ask('2'), ask('late')];
    await turn();
    await endAll();
    expect(await Promise.all(answers)).toEqual(['too late', 'too late']);
    expect(tasks).toEqual([]);
  });

  it('are no more than so many at once, and what is long goes alone', async () => {
    const { ask, endAll, waiting, sizes, turn } = pool();
    const answers = [...Array(100).keys()].map((n) => ask(String(n)));
    answers.push(ask('x'.repeat(10_000)), ask('last'));
    expect(waiting()).toBe(38);
    await turn();
    const seen: number[] = [];
    for (; sizes().length > 0; await endAll()) seen.push(...sizes());
    expect(seen).toEqual([64, 36, 1, 1]);
    const found = await Promise.all(answers);
    expect(found.slice(0, 100)).toEqual([...Array(100).keys()].map(String));
    expect(found.at(-1)).toBe('last');
  });

  it('are told so when their own time is over, and are not begun any more', async () => {
    const { ask, endAll, sizes, turn } = pool();
    const answers = [ask('1')];
    await turn();
    answers.push(ask('2', 5), ask('3'));
    expect(await answers[1]).toBe('after 5 ms');
    await endAll();
    expect(sizes()).toEqual([1]);
    await endAll();
    expect(await Promise.all(answers)).toEqual(['1', 'after 5 ms', '3']);
  });

  it('use as many threads as there are', async () => {
    const { ask, endAll, sizes, turn } = pool({ atOnce: 2 });
    const answers = ['1', '2', '3', '4'].map((body) => ask(body));
    await turn();
    expect(sizes()).toEqual([2, 2]);
    await endAll();
    expect(await Promise.all(answers)).toEqual(['1', '2', '3', '4']);
  });
});

describe('requests that wait for others', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('do so only while others come closer together than the delay', async () => {
    vi.useFakeTimers();
    const { ask, endAll, sizes, pass } = pool({ atOnce: 4, maxDelayMs: 5 });
    const answers = [ask('1')];
    vi.advanceTimersByTime(0);
    expect(sizes()).toEqual([1]);
    pass(10);
    answers.push(ask('2'));
    vi.advanceTimersByTime(0);
    expect(sizes()).toEqual([1, 1]);
    pass(1);
    answers.push(ask('3'), ask('4'));
    expect(sizes()).toEqual([1, 1]);
    vi.advanceTimersByTime(5);
    expect(sizes()).toEqual([1, 1, 2]);
    await endAll();
    expect(await Promise.all(answers)).toEqual(['1', '2', '3', '4']);
  });

  it('stop waiting when they are as many as go together', async () => {
    vi.useFakeTimers();
    const { ask, endAll, sizes } = pool({ atOnce: 4, maxDelayMs: 5 });
    const answers = [ask('0')];
    vi.advanceTimersByTime(0);
    for (let n = 1; n < 65; n++) answers.push(ask(String(n)));
    vi.advanceTimersByTime(0);
    expect(sizes()).toEqual([1, 64]);
    await endAll();
    expect(await Promise.all(answers)).toHaveLength(65);
  });
});
