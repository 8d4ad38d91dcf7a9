import { NAME_PATTERN } from '@trestle/contracts';
import type { ModelOrigin } from '@trestle/model';
import { z } from 'zod';

export const modelNameSchema = z
  .string()
  .regex(NAME_PATTERN, 'a name holds letters, digits, dots, dashes and underscores');

export const modelReferenceSchema = z.string().max(250).describe('Model: name, name@3 or name@alias.');

/** A tensor of the graph: its dimensions are numbers, or names where the caller chooses. */
export const valueSchema = z.object({
  name: z.string(),
  type: z.string(),
  dims: z.array(z.union([z.number(), z.string()])),
});

export const movedAliasSchema = z.object({
  name: z.string(),
  version: z.number().int(),
  alias: z.string(),
  previous: z.number().int().nullable().describe('The version that had the alias before.'),
  differs: z
    .array(z.string())
    .optional()
    .describe('How it differs from that version in what it takes and answers; left out where it does not.'),
});

/** Where a model that was made elsewhere comes from, for a person. */
export const originFacts = (origin: ModelOrigin | null): [string, string][] =>
  origin
    ? [
        ['taken from', `${origin.source} (${origin.format})`],
        ...(origin.framework === undefined ? [] : [['made by', origin.framework] satisfies [string, string]]),
      ]
    : [];
