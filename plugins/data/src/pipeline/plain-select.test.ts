import { describe, expect, it } from 'vitest';
import { plainSelect } from './plain-select.ts';

describe('plainSelect', () => {
  it.each([
    [' SELECT 1 ', 'SELECT 1'],
    ['SELECT 1;', 'SELECT 1'],
    ['SELECT 1; ;\n-- the end; of it\n/* ; */', 'SELECT 1'],
    ['SELECT 1 -- one;\n', 'SELECT 1 -- one;'],
    ["SELECT ';--'", "SELECT ';--'"],
    ['SELECT \'it\'\'s;\' AS "a;""b";', 'SELECT \'it\'\'s;\' AS "a;""b"'],
    ['SELECT $$;$$', 'SELECT $$;$$'],
    ['SELECT 1; SELECT 2', 'SELECT 1; SELECT 2'],
  ])('%j is %j', (sql, plain) => {
    expect(plainSelect(sql)).toBe(plain);
  });
});
