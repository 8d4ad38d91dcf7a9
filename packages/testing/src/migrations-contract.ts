import { contribute, plugin } from '@trestle/kernel';
import { type Migration, metadataToken, migrations } from '@trestle/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TemporaryProject } from './temporary-project.ts';

/** How every store brings its schema up to date. Call it inside a vitest file. */
export function migrationsContract(name: string, make: () => Promise<TemporaryProject>): void {
  describe(`${name}: migrations contract`, () => {
    let project: TemporaryProject;
    let done: string[];
    beforeEach(async () => {
      project = await make();
      done = [];
    });
    afterEach(() => project.remove());
    const step = (named: string, fail = false): Migration => ({
      name: named,
      async up(db) {
        await db.schema.createTable(named.replaceAll('-', '_')).addColumn('id', 'integer').execute();
        if (fail) throw new Error('the step broke');
        done.push(named);
      },
    });
    const open = async (steps: readonly Migration[]) => {
      const contributions = steps.map((each) => contribute(migrations, each));
      const host = await project.open([plugin({ name: 'steps', version: '1.0.0', contributions })]);
      return await host.service(metadataToken);
    };

    it('are applied once, in the order of their names', async () => {
      const steps = ['data-0002-b', 'data-0001-a', 'alpha-0001-x'].map((each) => step(each));
      await open(steps);
      await open(steps);
      expect(done).toEqual(['alpha-0001-x', 'data-0001-a', 'data-0002-b']);
    });

    it('leave nothing of a step that broke, and begin with it again', async () => {
      await expect(open([step('data-0001-a'), step('data-0002-b', true)])).rejects.toThrow('the step broke');
      await open([step('data-0001-a'), step('data-0002-b')]);
      expect(done).toEqual(['data-0001-a', 'data-0002-b']);
    });

    it('are applied once when many open at the same moment, of a store that is not there yet', async () => {
      await Promise.all(Array.from({ length: 6 }, () => open([step('data-0001-a')])));
      expect(done).toEqual(['data-0001-a']);
    });

    it('of a newer version of a plugin are not opened; of a plugin that is gone they do no harm', async () => {
      await open([step('data-0001-a'), step('data-0002-b'), step('gone-0001-x')]);
      await expect(open([step('data-0001-a')])).rejects.toMatchObject({
        code: 'TRS_STORE_NEWER',
        message: expect.stringContaining('data-0002-b'),
      });
      await expect(open([step('data-0001-a'), step('data-0002-b')])).resolves.toBeDefined();
    });

    it('hold what a plugin keeps as it gave it: large numbers, fractions, texts of any script', async () => {
      interface Tables {
        things: { id: string; many: number; share: number; note: string | null };
      }
      const metadata = await open([
        {
          name: 'things-0001-made',
          async up(db) {
            await db.schema
              .createTable('things')
              .addColumn('id', 'text', (column) => column.primaryKey())
              .addColumn('many', 'integer', (column) => column.notNull().defaultTo(0))
              .addColumn('share', 'double precision', (column) => column.notNull())
              .addColumn('note', 'text')
              .execute();
            await db.schema.createIndex('things_by_many').on('things').columns(['many', 'id']).execute();
          },
        },
      ]);
      const rows = [
        { id: 'Z', many: 2 ** 40, share: 0.1, note: 'ä\u2028😀 \\ "\'' },
        { id: 'a', many: Number.MAX_SAFE_INTEGER, share: -1e-300, note: null },
        { id: 'ä', many: -3, share: 5, note: '' },
      ];
      await metadata.write<Tables, void>(
        async (db) => void (await db.insertInto('things').values(rows).execute()),
      );
      const db = metadata.query<Tables>();
      // By code points, whatever language the machine speaks.
      expect(await db.selectFrom('things').selectAll().orderBy('id').execute()).toEqual(rows);
      const sums = await db
        .selectFrom('things')
        .select(({ fn }) => [
          fn.countAll<number>().as('count'),
          fn.sum<number>('many').as('sum'),
          fn.max('share').as('most'),
        ])
        .where('id', '!=', 'a')
        .executeTakeFirst();
      expect(sums).toEqual({ count: 2, sum: 2 ** 40 - 3, most: 5 });
    });

    it.each([
      { names: ['data-0001-a', 'data-0001-a'] },
      { names: ['store-0001-log-lineage-jobs'] },
      { names: ['Data-0001-a'] },
      { names: ['data-1-a'] },
      { names: ['data'] },
    ])('with names that are taken or have no order are refused: $names', async ({ names }) => {
      const steps = names.map((each) => ({ name: each, up: async () => {} }));
      await expect(open(steps)).rejects.toMatchObject({ code: 'TRS_STORE_MIGRATION' });
    });
  });
}
