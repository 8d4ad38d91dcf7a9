import { z } from 'zod';

/** A value that a query or a function of the user is given. */
export const parameterSchema = z.union([z.string(), z.number(), z.boolean()]);
