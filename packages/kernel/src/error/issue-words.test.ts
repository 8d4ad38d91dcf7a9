import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { firstIssue, issueWords } from './issue-words.ts';

describe('what is wrong with a value, in words', () => {
  it.each<readonly [z.ZodType, unknown, string]>([
    [z.string(), undefined, 'it is missing'],
    [z.string(), 5, 'it must be a text'],
    [z.int(), 0.5, 'it must be a whole number'],
    [z.number(), Number.NaN, 'it must be a number'],
    [z.boolean(), 'yes', 'it must be true or false'],
    [z.array(z.string()), 'a', 'it must be a list'],
    [z.object({}), [], 'it must be an object'],
    [z.enum(['a', 'b']), 'c', 'it must be one of "a", "b"'],
    [z.literal(3), 4, 'it must be 3'],
    [z.strictObject({}), { secret: 1 }, 'it has no "secret"'],
    [z.string().min(1), '', 'it is empty'],
    [z.string().max(2), 'abc', 'it may have at most 2 characters'],
    [z.array(z.string()).min(2), ['a'], 'it must have at least 2 entries'],
    [z.number().min(1), 0, 'it must be at least 1'],
    [z.number().positive(), 0, 'it must be more than 0'],
    [z.number().lt(3), 3, 'it must be less than 3'],
    [z.number().multipleOf(2), 3, 'it must be a multiple of 2'],
    [z.url(), 'x', 'it must be an address (https://…)'],
    [z.iso.date(), 'x', 'it must be a day (2026-11-30)'],
    [z.string().regex(/^a$/), 'b', 'it is not written as it must be (/^a$/)'],
    [z.string().regex(/^a$/, 'write an a'), 'b', 'write an a'],
    [z.union([z.string(), z.number()]), true, 'it must be a text or a number'],
    [
      z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]),
      {},
      'it fits none of the forms that it may have',
    ],
    [z.never(), 1, 'it may not be given'],
  ])('%#', (schema, value, words) => {
    const { error } = schema.safeParse(value, { error: issueWords });
    expect(error && firstIssue(error)).toEqual({ field: '', reason: words });
  });

  it('names what tells alternatives apart, and where it stands', () => {
    const schema = z.object({
      list: z.array(
        z.discriminatedUnion('type', [
          z.object({ type: z.literal('a') }),
          z.object({ type: z.literal('b') }),
        ]),
      ),
    });
    const { error } = schema.safeParse({ list: [{ type: 'c' }] }, { error: issueWords });
    expect(error && firstIssue(error)).toEqual({
      field: 'list.0.type',
      reason: 'it must be one of "a", "b"',
    });
  });

  it('does not repeat what was given', () => {
    for (const schema of [z.int(), z.url(), z.enum(['a']), z.boolean(), z.iso.date(), z.string().max(2)]) {
      const { error } = schema.safeParse('hunter2', { error: issueWords });
      expect(error?.issues.map((issue) => issue.message).join()).not.toContain('hunter2');
    }
  });
});
