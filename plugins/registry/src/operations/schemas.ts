import { NAME_PATTERN } from '@trestle/contracts';
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
});
