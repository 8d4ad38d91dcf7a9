import type { Expectation } from '../config/suite.ts';

/** An expectation in words: `column.between "speed" 0 400 (mostly 0.99)`. */
export function describeExpectation(expectation: Expectation): string {
  const { type, severity: _severity, mostly, ...rest } = expectation;
  const words = Object.values(rest).map((value) =>
    Array.isArray(value)
      ? `[${value.slice(0, 6).join(', ')}${value.length > 6 ? ', …' : ''}]`
      : JSON.stringify(value),
  );
  return `${type} ${words.join(' ')}${mostly < 1 ? ` (mostly ${mostly})` : ''}`;
}
