import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inputFields, valueOfText } from './text-input.ts';

const input = z.object({
  name: z.string().describe('what it is called'),
  size: z.number().default(3),
  count: z.number().int().optional(),
  isNew: z.boolean().default(false),
  tags: z.array(z.string()).default([]),
  kind: z.enum(['a', 'b']).optional(),
  options: z.record(z.string(), z.number()).optional(),
  limit: z.number().nullable().optional(),
  level: z.enum(['low', 'high']).nullable().optional(),
});
const fields = Object.fromEntries(inputFields({ input }).map((field) => [field.name, field]));
const read = (name: string, text: string | readonly string[]) => {
  const field = fields[name];
  return field && valueOfText(field, text);
};

describe('the fields of an input', () => {
  it('tell what a surface of texts needs to know', () => {
    expect(fields.name).toEqual({
      name: 'name',
      type: 'string',
      description: 'what it is called',
      choices: undefined,
      default: undefined,
      isRequired: true,
    });
    expect(fields.size).toMatchObject({ type: 'number', default: 3, isRequired: false });
    expect(fields.kind).toMatchObject({ choices: ['a', 'b'] });
    expect(fields.limit).toMatchObject({ type: 'number' });
    expect(fields.level).toMatchObject({ type: 'string', choices: ['low', 'high'] });
  });

  it.each([
    ['name', '7', '7'],
    ['name', 'true', 'true'],
    ['size', '7.5', 7.5],
    ['size', '1e3', 1000],
    ['size', 'many', 'many'],
    ['size', '', ''],
    ['size', 'Infinity', 'Infinity'],
    ['isNew', 'true', true],
    ['isNew', '', true],
    ['isNew', 'false', false],
    ['isNew', 'yes', 'yes'],
    ['tags', 'a,b , c', ['a', 'b', 'c']],
    ['tags', ['a', 'b,c'], ['a', 'b', 'c']],
    ['options', '{"a":1}', { a: 1 }],
    ['options', '{', '{'],
    ['name', ['first', 'last'], 'last'],
    ['limit', '5', 5],
  ])('read %s from %j', (name, text, value) => {
    expect(read(name, text)).toEqual(value);
  });

  it('read every number back that they wrote', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(read('size', String(number))).toBe(number === 0 ? Number(String(number)) : number);
      }),
    );
  });
});
