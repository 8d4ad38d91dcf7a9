import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Datasets, DatasetVersion } from '@trestle/contracts';
import type { Actor, Scope } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { columnTypeOf, describeRelation, matchColumns, openEngine, type TypedColumn } from '@trestle/tables';
import { literal } from '@trestle/tables/sql';
import { dataConfig } from '../config/data-config.ts';
import { addNulls } from './add-nulls.ts';
import { appendParts, type Base, type NewParts, readVersion } from './append-parts.ts';
import { commitVersion, overtaken } from './commit-version.ts';
import { schemaOf } from './manifest.ts';
import { storePart, writePart } from './write-part.ts';

type Options = Parameters<Datasets['addRows']>[1];

/** Adds rows that the program made as a version, streamed through a file so that memory does not grow with them. */
export async function addRows(scope: Scope, actor: Actor, options: Options): Promise<DatasetVersion> {
  const workspace = await (await scope.service(blobsToken)).workspace();
  try {
    const path = join(workspace.dir, 'rows.jsonl');
    const hash = createHash('sha256');
    await pipeline(
      Readable.from(options.rows, { objectMode: true }),
      async function* (rows: AsyncIterable<Readonly<Record<string, unknown>>>) {
        for await (const row of rows) {
          const line = `${JSON.stringify(row)}\n`;
          hash.update(line);
          yield line;
        }
      },
      createWriteStream(path),
    );
    const base = options.appendTo === undefined ? undefined : await readVersion(scope, options.appendTo);
    const engine = await openEngine(scope.config(dataConfig), { dirs: [workspace.dir] });
    try {
      // With a base its types are read as they are; a column of nulls alone would otherwise be guessed to be JSON.
      const typed = base?.columns
        .map(({ name, type }) => `${literal(name)}: ${literal(JSON_TYPES[type])}`)
        .join(', ');
      const relation = `read_json(${literal(path)}, format = 'newline_delimited', ${typed ? `columns = {${typed}}` : 'sample_size = -1, maximum_depth = 4'})`;
      const found = await describeRelation(engine, relation);
      const columns = base
        ? matchColumns(base.columns, found, options.source)
        : found.map(({ name, duckType }): TypedColumn => ({ name, type: columnTypeOf(duckType) }));
      const part = await writePart(engine, relation, columns, workspace.dir);
      const stored = await storePart(scope, part, `"${options.source}"`);
      const madeFrom = (options.madeFrom ?? []).map((ref) => ({ ref, kind: 'added' }));
      const made = { dataset: options.name, columns: part.columns, source: options.source, madeFrom };
      // Behind a version that was named by its number, whatever came after it: that is a version of its own.
      const isNewest = base?.dataset === options.name && !options.appendTo?.includes('@');
      if (base && isNewest) return await appended(scope, actor, base, { ...made, parts: [stored] });
      return await commitVersion(scope, actor, {
        ...made,
        manifest: {
          format: 1,
          columns: schemaOf(columns),
          parts: [...(base?.manifest.parts ?? []), stored],
        },
        columns: addNulls(part.columns, base?.columns),
        madeFrom: [
          ...madeFrom,
          ...(base ? [{ ref: `dataset:${base.dataset}@${base.version}`, kind: 'appended' }] : []),
        ],
      });
    } finally {
      engine.close();
    }
  } finally {
    await workspace.remove();
  }
}

/** @throws TRS_DATA_APPEND_CONFLICT */
async function appended(scope: Scope, actor: Actor, base: Base, made: NewParts): Promise<DatasetVersion> {
  const version = await appendParts(scope, actor, base, made);
  if (version) return version;
  throw overtaken(made.dataset, base.version);
}

const JSON_TYPES = {
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP',
  string: 'VARCHAR',
} as const;
