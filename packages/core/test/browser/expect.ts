/** The part of vitest's `expect` that the contract suite uses, for a page; an unknown matcher throws, so nothing passes unseen. */
export function expect(actual: unknown, message = ''): unknown {
  return matchers(actual, message, true);
}

type Matcher = (actual: unknown, ...expected: readonly unknown[]) => boolean;

const isSame = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  return left.length === right.size && left.every(([key, value]) => isSame(value, right.get(key)));
};

const contains = (a: unknown, b: unknown): boolean => {
  if (typeof b !== 'object' || b === null || typeof a !== 'object' || a === null) return Object.is(a, b);
  const own = new Map(Object.entries(a));
  return Object.entries(b).every(([key, value]) => contains(own.get(key), value));
};

const lengthOf = (value: unknown): unknown =>
  typeof value === 'string' || (typeof value === 'object' && value !== null && 'length' in value)
    ? value.length
    : undefined;

const textOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

function throwsLike(actual: unknown, expected: unknown): boolean {
  let thrown: unknown = actual;
  if (typeof actual === 'function') {
    try {
      actual();
      return false;
    } catch (caught) {
      thrown = caught;
    }
  }
  if (expected === undefined) return true;
  if (expected instanceof RegExp) return expected.test(textOf(thrown));
  if (typeof expected === 'string') return textOf(thrown).includes(expected);
  return contains(thrown, expected);
}

const MATCHERS: Readonly<Record<string, Matcher>> = {
  toBe: (a, b) => Object.is(a, b),
  toEqual: isSame,
  toStrictEqual: isSame,
  toMatchObject: contains,
  toHaveLength: (a, length) => lengthOf(a) === length,
  toBeNaN: (a) => Number.isNaN(a),
  toBeDefined: (a) => a !== undefined,
  toBeUndefined: (a) => a === undefined,
  toBeTruthy: (a) => Boolean(a),
  toContain: (a, item) =>
    typeof a === 'string' ? a.includes(String(item)) : Array.isArray(a) && a.includes(item),
  toMatch: (a, pattern) =>
    pattern instanceof RegExp ? pattern.test(String(a)) : String(a).includes(String(pattern)),
  toBeLessThan: (a, b) => Number(a) < Number(b),
  toBeLessThanOrEqual: (a, b) => Number(a) <= Number(b),
  toBeGreaterThan: (a, b) => Number(a) > Number(b),
  toBeGreaterThanOrEqual: (a, b) => Number(a) >= Number(b),
  toBeCloseTo: (a, b, digits = 2) =>
    Object.is(a, b) || Math.abs(Number(a) - Number(b)) < 10 ** -Number(digits) / 2,
  toThrow: throwsLike,
  toThrowError: throwsLike,
};

const shown = (value: unknown): string => {
  if (typeof value === 'function') return 'a function';
  return value instanceof Error ? value.message : (JSON.stringify(value) ?? String(value));
};

function matchers(actual: unknown, message: string, isWanted: boolean): unknown {
  return new Proxy(
    {},
    {
      get(_, name) {
        const matcherName = String(name);
        if (matcherName === 'not') return matchers(actual, message, !isWanted);
        if (matcherName === 'rejects' || matcherName === 'resolves') {
          return settled(actual, message, isWanted, matcherName === 'rejects');
        }
        const matcher = MATCHERS[matcherName];
        if (!matcher) throw new TypeError(`expect(…).${matcherName} is not known in the page.`);
        return (...expected: readonly unknown[]): void => {
          if (matcher(actual, ...expected) === isWanted) return;
          const wanted = expected.map(shown).join(', ');
          throw new Error(
            `${message && `${message}: `}${shown(actual)} ${isWanted ? '' : 'not '}${matcherName} ${wanted}`,
          );
        };
      },
    },
  );
}

/** `rejects` and `resolves`: matchers over what a promise settles with. */
function settled(actual: unknown, message: string, isWanted: boolean, isRejection: boolean): unknown {
  return new Proxy(
    {},
    {
      get:
        (_, name) =>
        async (...expected: readonly unknown[]): Promise<void> => {
          const promise = Promise.resolve(typeof actual === 'function' ? actual() : actual);
          const outcome = await promise.then(
            (value: unknown) => ({ isRejected: false, value }),
            (value: unknown) => ({ isRejected: true, value }),
          );
          if (outcome.isRejected !== isRejection) {
            throw new Error(
              `${message && `${message}: `}the promise ${isRejection ? 'resolved' : 'rejected'} with ${shown(outcome.value)}`,
            );
          }
          const matcher = Reflect.get(Object(matchers(outcome.value, message, isWanted)), name);
          matcher(...expected);
        },
    },
  );
}
