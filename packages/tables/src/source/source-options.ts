import { columnTypeSchema } from '@trestle/statistics';
import { z } from 'zod';

/** Addresses of databases and of plugins' sources carry no password: what an operation is given is recorded. */
const hasPassword = (path: string): boolean =>
  !/^https?:\/\//i.test(path) && (URL.parse(path)?.password ?? '') !== '';

/** A format of days and times as strptime reads it: something of a day or time, and no part that it does not know. */
const DATE_FORMAT = /^(?=.*%-?[A-Za-z])(?:[^%]|%-?[aAbBcdfgGHIjmMnpSuUVwWxXyYzZ]|%%)*$/;

/** Where rows come from, and how they are to be read where it is not to be found out. */
export const sourceFields = {
  path: z
    .string()
    .min(1)
    .refine(
      (path) => !hasPassword(path),
      'leave the password out of the address: set PGPASSWORD, MYSQL_PWD, or what the source reads instead',
    )
    .describe(
      'A file (CSV, TSV, JSON, JSON lines, Parquet, Arrow, Excel, SQLite; texts with .gz or .zst; a .zip with one), a folder or glob of them, a folder of images or texts, an address (https, s3, postgres, mysql, or of a plugin), an S3 prefix (s3://bucket/folder/, or a glob).',
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
  dateFormat: z
    .string()
    .regex(DATE_FORMAT, 'it is written with the parts of strptime: %d/%m/%Y, %H:%M:%S')
    .optional()
    .describe('How dates and times are written, as strptime does: %d/%m/%Y. Else only ISO 8601 is one.'),
  header: z
    .enum(['yes', 'no'])
    .optional()
    .describe('Whether the first row of a CSV or a sheet names the columns: no makes it a row.'),
  decimal: z.enum(['.', ',']).optional().describe('What stands before the fraction of a number in a CSV.'),
  thousands: z
    .string()
    .length(1)
    .optional()
    .describe('What parts thousands in the numbers of a CSV: , or . or a space.'),
  currency: z
    .array(z.string())
    .optional()
    .describe('Signs before or behind the numbers of a CSV that are amounts: $,€.'),
  percent: z.boolean().optional().describe('Numbers with % in a CSV are hundredths: 12.5% is 0.125.'),
  nulls: z
    .array(z.string())
    .optional()
    .describe('Words that stand for a missing value: NA,? in every column, age=NA in one.'),
  names: z
    .enum(['rename', 'strict'])
    .optional()
    .describe(
      'What becomes of names that come twice, differ in case only or are missing: others, or a refusal.',
    ),
  option: z
    .array(z.string())
    .optional()
    .describe('KEY=VALUE: an option of the source itself, where a plugin brought it.'),
  encoding: z
    .string()
    .optional()
    .describe('The encoding of a text that is not UTF-8: windows-1252, utf-16le.'),
};

export type SourceOptions = z.output<z.ZodObject<typeof sourceFields>>;
