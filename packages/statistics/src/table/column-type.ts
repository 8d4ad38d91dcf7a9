import { z } from 'zod';

export const columnTypeSchema = z.enum(['number', 'integer', 'string', 'boolean', 'timestamp']);
export type ColumnType = z.infer<typeof columnTypeSchema>;

/** How the values of a column are kept, where the usual way of their type would change them: decimals with their digits. */
export const storedTypeSchema = z.templateLiteral(['DECIMAL(', z.int(), ',', z.int(), ')']);
export type StoredType = z.infer<typeof storedTypeSchema>;

export const isNumeric = (type: ColumnType): boolean => type === 'number' || type === 'integer';
