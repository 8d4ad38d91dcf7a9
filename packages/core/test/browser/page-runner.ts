export { expect } from './expect.ts';

/** What `vitest` is in a page: suites and tests are collected, and run one behind the other. */
type Work = (context: { skip(reason?: string): never }) => unknown;

interface Collected {
  readonly name: string;
  readonly work: Work;
  readonly before: readonly Work[];
}

export interface PageResult {
  readonly name: string;
  readonly ms: number;
  readonly error?: string;
  readonly skipped?: string;
}

class Skipped extends Error {}

const collected: Collected[] = [];
let suites: { readonly name: string; readonly before: Work[] }[] = [];

export function describe(name: string, body: () => void): void {
  const outer = suites;
  suites = [...outer, { name, before: [] }];
  body();
  suites = outer;
}

const register = (name: string, work: Work): void => {
  const title = [...suites.map((suite) => suite.name), name].join(' > ');
  collected.push({ name: title, work, before: suites.flatMap((suite) => suite.before) });
};

/** `%s`, `%i`, `%d`, `%f` and `%j` of a title, as vitest fills them in. */
const titled = (title: string, values: readonly unknown[]): string => {
  let next = 0;
  return title.replace(/%[sidfjo]/g, (form) => {
    const value = values[next++];
    return form === '%j' || form === '%o' ? JSON.stringify(value) : String(value);
  });
};

const each =
  (rows: readonly unknown[]) =>
  (title: string, work: (...values: readonly unknown[]) => unknown): void => {
    for (const row of rows) {
      const values: readonly unknown[] = Array.isArray(row) ? row : [row];
      register(titled(title, values), () => work(...values));
    }
  };

export const it = Object.assign(register, { each });
export const test = it;

export function beforeAll(work: Work): void {
  let done: Promise<unknown> | undefined;
  suites.at(-1)?.before.push((context) => {
    done ??= Promise.resolve(work(context));
    return done;
  });
}

/** Runs what was collected. A failure is an entry with an error, never an exception. */
export async function runCollected(): Promise<readonly PageResult[]> {
  const results: PageResult[] = [];
  const context = {
    skip(reason = 'no reason given'): never {
      throw new Skipped(reason);
    },
  };
  for (const { name, work, before } of collected) {
    const start = performance.now();
    const outcome: { error?: string; skipped?: string } = {};
    try {
      for (const first of before) await first(context);
      await work(context);
    } catch (thrown) {
      if (thrown instanceof Skipped) outcome.skipped = thrown.message;
      else outcome.error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    }
    results.push({ name, ms: performance.now() - start, ...outcome });
  }
  return results;
}
