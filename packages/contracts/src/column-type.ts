import { z } from 'zod';

export const columnTypeSchema = z.enum(['number', 'integer', 'string', 'boolean', 'timestamp']);
export type ColumnType = z.infer<typeof columnTypeSchema>;
