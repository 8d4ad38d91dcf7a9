import { columnTypeSchema } from '@trestle/statistics';
import { z } from 'zod';

/** Addresses of databases carry no password: what an operation is given is recorded. */
const hasPassword = (path: string): boolean =>
  /^(postgres(ql)?|mysql|mariadb):\/\//i.test(path) && (URL.parse(path)?.password ?? '') !== '';

/** Where rows come from, and how they are to be read where it is not to be found out. */
export const sourceFields = {
  path: z
    .string()
    .min(1)
    .refine(
      (path) => !hasPassword(path),
      'leave the password out of the address: set PGPASSWORD or MYSQL_PWD',
    )
    .describe(
      'A file (CSV, TSV, JSON, JSON lines, Parquet, Arrow, Excel, SQLite; texts with .gz or .zst; a .zip with one), a folder or glob of them, a folder of images or texts, an address (https, s3, postgres, mysql), an S3 prefix (s3://bucket/folder/, or a glob).',
    ),
  query: z.string().optional().describe('The SELECT to ask a database (postgres, mysql, SQLite).'),
  sheet: z.string().optional().describe('The sheet of an Excel file.'),
  labels: z
    .string()
    .optional()
    .describe(
      'For a folder of images or texts: a CSV with the columns file and label; else folders name labels.',
    ),
  delimiter: z
    .string()
    .min(1)
    .max(4)
    .optional()
    .describe('What parts the fields of a CSV; found out when left out.'),
  quote: z
    .string()
    .max(4)
    .optional()
    .describe('What quotes the fields of a CSV: a character, or "none"; " when left out.'),
  type: z
    .array(z.string())
    .optional()
    .describe(`COLUMN=TYPE where the type is not to be found out: ${columnTypeSchema.options.join(', ')}.`),
  dateFormat: z.string().optional().describe('How a CSV writes dates, as strptime does: %d/%m/%Y.'),
  encoding: z
    .string()
    .optional()
    .describe('The encoding of a text that is not UTF-8: windows-1252, utf-16le.'),
};

export type SourceOptions = z.output<z.ZodObject<typeof sourceFields>>;
