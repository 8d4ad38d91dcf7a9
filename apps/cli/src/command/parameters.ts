import { Args, Flags } from '@oclif/core';
import type { AnyOperation } from '@trestle/kernel';
import { z } from 'zod';

interface FieldSchema {
  readonly type?: string | undefined;
  readonly description?: string | undefined;
  readonly enum?: readonly string[] | undefined;
  readonly default?: unknown;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function fieldSchema(schema: unknown): FieldSchema {
  if (!isRecord(schema)) return {};
  const choices = Array.isArray(schema.anyOf) ? schema.anyOf.map(fieldSchema) : [];
  return {
    type: typeof schema.type === 'string' ? schema.type : choices[0]?.type,
    description: typeof schema.description === 'string' ? schema.description : undefined,
    enum: Array.isArray(schema.enum) ? schema.enum.map(String) : undefined,
    default: schema.default,
  };
}

/** `timeColumn` is `--time-column`. */
export const flagName = (field: string): string => field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function fields(operation: AnyOperation): { readonly name: string; readonly schema: FieldSchema; readonly required: boolean }[] {
  const schema = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' });
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    schema: fieldSchema(property),
    required: required.has(name),
  }));
}

function flagOf(schema: FieldSchema, required: boolean) {
  const shown = schema.default === undefined || schema.default === '' ? '' : ` [default: ${JSON.stringify(schema.default)}]`;
  const parts = { summary: `${schema.description ?? ''}${shown}`, required };
  if (schema.type === 'boolean') return Flags.boolean({ ...parts, required: false, allowNo: schema.default === true });
  if (schema.enum) return Flags.string({ ...parts, options: [...schema.enum] });
  if (schema.type === 'array') return Flags.string({ ...parts, multiple: true, helpValue: 'A,B' });
  return Flags.string({ ...parts, helpValue: schema.type === 'number' || schema.type === 'integer' ? 'N' : 'TEXT' });
}

/** The arguments and flags of an operation, from its input schema. */
export function parametersOf(operation: AnyOperation) {
  const positionals = operation.positionals ?? [];
  const all = fields(operation);
  const args = Object.fromEntries(
    positionals.map((name) => {
      const field = all.find((candidate) => candidate.name === name);
      return [name, Args.string({ description: field?.schema.description ?? name, required: field?.required ?? false })];
    }),
  );
  const flags = Object.fromEntries(
    all
      .filter((field) => !positionals.includes(field.name))
      .map((field) => [flagName(field.name), flagOf(field.schema, field.required)]),
  );
  return { args, flags };
}

/** Turns what was typed into the operation's input; the schema then says whether it is right. */
export function inputFrom(
  operation: AnyOperation,
  args: Readonly<Record<string, unknown>>,
  flags: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const { name, schema } of fields(operation)) {
    const typed = args[name] ?? flags[flagName(name)];
    if (typed !== undefined) input[name] = valueOf(schema, typed);
  }
  return input;
}

function valueOf(schema: FieldSchema, typed: unknown): unknown {
  if (Array.isArray(typed)) return typed.flatMap((item) => String(item).split(',')).map((item) => item.trim());
  if (typeof typed !== 'string') return typed;
  if (schema.type === 'number' || schema.type === 'integer') {
    // What is no number stays a text, so that the schema's message names it.
    return typed.trim() !== '' && Number.isFinite(Number(typed)) ? Number(typed) : typed;
  }
  if (schema.type === 'object') return parseJson(typed);
  return typed;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
