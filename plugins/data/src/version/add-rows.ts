import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Datasets, DatasetVersion } from '@trestle/contracts';
import type { Actor, Scope } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import type { TypedColumn } from '../engine/batches.ts';
import { columnTypeOf } from '../engine/column-types.ts';
import { openEngine } from '../engine/engine.ts';
import { literal } from '../engine/quote.ts';
import { matchColumns } from '../source/match-columns.ts';
import { describeRelation } from '../source/source-relation.ts';
import { addNulls } from './add-version.ts';
import { commitVersion } from './commit-version.ts';
import { schemaOf } from './manifest.ts';
import { readManifest, resolveVersion } from './versions.ts';
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
    const base = options.appendTo === undefined ? undefined : await resolveVersion(scope, options.appendTo);
    const manifest = base && (await readManifest(scope, base.digest));
    const engine = await openEngine(scope, { dirs: [workspace.dir] });
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
      return await commitVersion(scope, actor, {
        dataset: options.name,
        manifest: {
          format: 1,
          columns: schemaOf(columns),
          parts: [...(manifest?.parts ?? []), stored],
        },
        columns: addNulls(part.columns, base?.columns),
        source: options.source,
        madeFrom: [
          ...(options.madeFrom ?? []).map((ref) => ({ ref, kind: 'added' })),
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

const JSON_TYPES = {
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP',
  string: 'VARCHAR',
} as const;
