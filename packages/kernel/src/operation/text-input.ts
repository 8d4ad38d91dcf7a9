import { z } from 'zod';
import { lostNumber } from '../error/lost-number.ts';
import { errorFactory } from '../error/trestle-error.ts';
import { isRecord } from '../record.ts';
import type { AnyOperation } from './operation.ts';

const kernelError = errorFactory('KERNEL');

/** One input field of an operation, as a surface of texts (flags, query parameters) sees it. */
export interface InputField {
  readonly name: string;
  readonly type: string | undefined;
  readonly description: string | undefined;
  readonly choices: readonly string[] | undefined;
  readonly default: unknown;
  readonly isRequired: boolean;
  /** Must never be shown or kept: `secret()`. */
  readonly isSecret?: boolean;
}

/** The fields of an operation's input, from its schema. */
export const inputFields = (operation: Pick<AnyOperation, 'input'>): readonly InputField[] =>
  fieldsOfSchema({ ...z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' }) });

/** The fields of an object's JSON Schema, as zod writes it and a server gives it to a page. */
export function fieldsOfSchema(schema: Readonly<Record<string, unknown>>): readonly InputField[] {
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const properties = isRecord(schema.properties) ? schema.properties : {};
  return Object.entries(properties).map(([name, property]) => {
    const field = isRecord(property) ? property : {};
    // What may be null too is written as alternatives, or as a list of types: a text stands for the other one.
    const choice = Array.isArray(field.anyOf)
      ? field.anyOf.find((one) => isRecord(one) && one.type !== 'null')
      : field;
    const { type, enum: choices } = isRecord(choice) ? choice : {};
    return {
      name,
      type: (Array.isArray(type) ? type : [type]).find((one) => typeof one === 'string' && one !== 'null'),
      description: typeof field.description === 'string' ? field.description : undefined,
      choices: Array.isArray(choices) ? choices.filter((one) => one !== null).map(String) : undefined,
      default: field.default,
      isRequired: required.has(name),
      ...(field.secret === true ? { isSecret: true } : {}),
    };
  });
}

/**
 * Reads a text as a field's type. What cannot be read stays a text, so that the schema's own message names it. Lists are
 * given several times or with commas.
 *
 * @throws TRS_KERNEL_INPUT_INVALID for JSON with a number that JavaScript has not
 */
export function valueOfText(field: InputField, text: string | readonly string[]): unknown {
  if (field.type === 'array') {
    const texts = typeof text === 'string' ? [text] : text;
    return texts.flatMap((one) => one.split(',')).map((one) => one.trim());
  }
  const single = typeof text === 'string' ? text : (text.at(-1) ?? '');
  switch (field.type) {
    case 'number':
    case 'integer':
      return single.trim() !== '' && Number.isFinite(Number(single)) ? Number(single) : single;
    case 'boolean':
      return single === 'true' || single === '' ? true : single === 'false' ? false : single;
    case 'object':
      return jsonOr(single);
    default:
      return single;
  }
}

function jsonOr(text: string): unknown {
  const lost = lostNumber(text);
  if (lost !== undefined)
    throw kernelError('INPUT_INVALID', {
      kind: 'invalid',
      message: `${lost} cannot be read without becoming another number.`,
      hint: 'Write it as a text, in quotes.',
      details: { number: lost },
    });
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
