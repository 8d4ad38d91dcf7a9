import { join } from 'node:path';
import type { Datasets, DatasetVersion } from '@trestle/contracts';
import { type Actor, invariant, type Scope } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { objectSource, openEngine, sourceColumns } from '@trestle/tables';
import { dataConfig } from '../config/data-config.ts';
import { addNulls } from './add-nulls.ts';
import { appendParts, type Base, type NewParts, readVersion } from './append-parts.ts';
import { commitVersion, overtaken } from './commit-version.ts';
import { schemaOf } from './manifest.ts';
import { behindWider, widened } from './wider-decimals.ts';
import { writeExact } from './write-exact.ts';
import { noRows, storePart } from './write-part.ts';

type Options = Parameters<Datasets['addRows']>[1];

/** Adds rows that the program made as a version, streamed through a file so that memory does not grow with them. */
export async function addRows(scope: Scope, actor: Actor, options: Options): Promise<DatasetVersion> {
  const workspace = await (await scope.service(blobsToken)).workspace();
  try {
    const read = options.appendTo === undefined ? undefined : await readVersion(scope, options.appendTo);
    // A row of a base may leave out what is missing.
    const names = read?.columns.map(({ name }) => name) ?? [];
    const config = scope.config(dataConfig);
    const source = await objectSource(options.rows, names, join(workspace.dir, 'rows.jsonl'), {
      shown: options.source,
      maxBytes: config.maxSourceBytes,
      signal: new AbortController().signal,
    });
    if (names.length === 0) throw noRows(`"${options.source}"`);
    const engine = await openEngine(config, { dirs: [workspace.dir] });
    try {
      // What a program says of a base's columns is meant as of their types, in whatever way it writes them.
      const types = new Map(read?.columns.map(({ name, type }) => [name, type]));
      const part = await behindWider(engine, read?.columns, async (behind) => {
        const { columns, ready } = await sourceColumns(engine, [source], { types }, behind);
        const { relation } = invariant(ready[0], 'a source of rows');
        const rows = { ...source, relation };
        return {
          relations: [relation],
          write: () => writeExact(engine, rows, columns, workspace.dir, behind !== undefined),
        };
      });
      const base = read && (await widened(scope, read, part, undefined));
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
          columns: schemaOf(part.columns),
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
