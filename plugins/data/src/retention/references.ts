import type { Scope } from '@trestle/kernel';
import type { Kysely } from 'kysely';
import type { DataTables } from '../data-tables.ts';
import { segmentsOf } from '../sketch/segments.ts';
import type { Manifest } from '../version/manifest.ts';
import { readManifest } from '../version/versions.ts';

/** Digests that versions refer to: their manifests, the parts in them, and the keys of sketches of these. */
export interface References {
  /** Reads what is new since the last call; throws when a manifest cannot be read, so that nothing is taken for unused. */
  current(db: Kysely<DataTables>): Promise<ReadonlySet<string>>;
  /** The same for given manifests. */
  of(manifests: ReadonlySet<string>): Promise<ReadonlySet<string>>;
}

const digestsIn = (manifest: Manifest): readonly string[] => [
  ...manifest.parts.map((part) => part.digest),
  ...segmentsOf(manifest).map(({ key }) => key),
];

/** A manifest never changes, so each is read once. */
export function references(scope: Scope): References {
  const partsOf = new Map<string, readonly string[]>();
  const of = async (manifests: ReadonlySet<string>): Promise<ReadonlySet<string>> => {
    const used = new Set<string>();
    for (const digest of manifests) {
      const known = partsOf.get(digest);
      const parts = known ?? digestsIn(await readManifest(scope, digest));
      partsOf.set(digest, parts);
      used.add(digest);
      for (const part of parts) used.add(part);
    }
    return used;
  };
  return {
    of,
    async current(db) {
      const rows = await db.selectFrom('dataset_versions').select('digest').distinct().execute();
      return await of(new Set(rows.map((row) => row.digest)));
    },
  };
}
