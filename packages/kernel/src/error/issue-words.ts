import type { z } from 'zod';

type Issue = Parameters<z.core.$ZodErrorMap>[0];

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  map: 'an object',
  set: 'a list',
  date: 'a date',
  null: 'null',
  function: 'a function',
};

const FORMATS: Readonly<Record<string, string>> = {
  url: 'an address (https://…)',
  email: 'an e-mail address',
  uuid: 'a UUID',
  date: 'a day (2026-11-30)',
  datetime: 'a time with its zone (2026-11-30T12:00:00Z)',
  time: 'a time of day (12:00:00)',
  duration: 'a duration (PT1H)',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  base64: 'a text in base64',
  json_string: 'JSON',
};

const UNITS: Readonly<Record<string, readonly [one: string, more: string]>> = {
  string: ['character', 'characters'],
  array: ['entry', 'entries'],
  set: ['entry', 'entries'],
  map: ['entry', 'entries'],
};

const count = (origin: string, size: number | bigint): string => {
  const [one, more] = UNITS[origin] ?? ['', ''];
  return `${size} ${Number(size) === 1 ? one : more}`.trim();
};

const listed = (values: readonly unknown[]): string =>
  values.map((value) => JSON.stringify(value)).join(', ');

/**
 * Says what is wrong with a value, for a person who never saw the schema: `schema.safeParse(value, { error: issueWords })`.
 * What was given is not repeated: it may be a secret.
 */
export function issueWords(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'it is missing';
      return issue.expected === 'never'
        ? 'it may not be given'
        : `it must be ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `it must be ${issue.values.length === 1 ? '' : 'one of '}${listed(issue.values)}`;
    case 'unrecognized_keys':
      return `it has no ${listed(issue.keys)}`;
    case 'too_small':
      if (issue.origin in UNITS)
        return Number(issue.minimum) === 1
          ? 'it is empty'
          : `it must have at least ${count(issue.origin, issue.minimum)}`;
      return `it must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      if (issue.origin in UNITS) return `it may have at most ${count(issue.origin, issue.maximum)}`;
      return `it must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`;
    case 'not_multiple_of':
      return `it must be a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return issue.format in FORMATS
        ? `it must be ${FORMATS[issue.format]}`
        : `it is not written as it must be${issue.pattern === undefined ? '' : ` (${issue.pattern})`}`;
    case 'invalid_union':
      return unionWords(issue);
    default:
      return 'it is not valid';
  }
}

/** Of alternatives: which there are, where they are told apart by a field or by their types. */
function unionWords(issue: Extract<Issue, { readonly code: 'invalid_union' }>): string {
  if (issue.input === undefined) return 'it is missing';
  if ('options' in issue && Array.isArray(issue.options)) return `it must be one of ${listed(issue.options)}`;
  const types = issue.errors.flatMap(([first, ...more]) =>
    first?.code === 'invalid_type' && first.path.length === 0 && more.length === 0
      ? [TYPES[first.expected] ?? first.expected]
      : [],
  );
  return types.length === issue.errors.length && types.length > 0
    ? `it must be ${types.join(' or ')}`
    : 'it fits none of the forms that it may have';
}

/** The first thing that is wrong: the field as a path (`steps.0.sql`; empty for the whole), and why. */
export function firstIssue(error: z.ZodError): { readonly field: string; readonly reason: string } {
  const [issue] = error.issues;
  return { field: issue?.path.join('.') ?? '', reason: issue?.message ?? 'it is not valid' };
}
