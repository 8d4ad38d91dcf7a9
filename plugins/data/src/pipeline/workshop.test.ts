import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Context, type Host, operation, plugin } from '@trestle/kernel';
import { openEngine } from '@trestle/tables';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { dataConfig } from '../config/data-config.ts';
import { dataPlugin } from '../index.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

describe('the workshop of a run', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
  });
  afterEach(() => project.remove());

  /** Does some work in a workshop; beside it are two files, of which the first step reads one. */
  const inWorkshop = async (
    work: (workshop: Workshop, files: { seen: string; other: string }, ctx: Context) => Promise<void>,
  ): Promise<void> => {
    const run = operation({
      id: 'test.workshop',
      summary: 'Work in a workshop.',
      kind: 'command',
      access: 'data:write',
      input: z.object({}),
      output: z.object({}),
      load: async () => async (ctx) => {
        const files = { seen: join(project.dir, 'seen.parquet'), other: join(project.dir, 'other.parquet') };
        const engine = await openEngine(ctx.config(dataConfig), { dirs: [project.dir] });
        for (const file of Object.values(files)) await engine.run(`COPY (SELECT 7 AS n) TO '${file}'`);
        engine.close();
        const workshop = await openWorkshop(ctx);
        try {
          await work(workshop, files, ctx);
        } finally {
          await workshop.close();
        }
        return {};
      },
    });
    host = await project.open([dataPlugin, plugin({ name: 'test', version: '1.0.0', operations: [run] })]);
    await host.run(run, {});
  };

  it('lends one engine after the other, in which a step sees no view of another', async () => {
    await inWorkshop(async (workshop, { seen }) => {
      const first = await workshop.engineFor([seen]);
      await first.run(`CREATE TEMP VIEW mine AS FROM read_parquet('${seen}')`);
      await first.run(`CREATE TABLE shared AS FROM mine`);
      expect(await first.rows('FROM mine')).toEqual([{ n: 7 }]);
      first.close();
      const second = await workshop.engineFor([seen]);
      // The same engine, or the table would not be there.
      expect(await second.rows('FROM shared')).toEqual([{ n: 7 }]);
      await expect(second.rows('FROM mine')).rejects.toThrow('There is no table "mine"');
      second.close();
    });
  });

  it('opens another engine while the one is lent, and for files that it was not opened for', async () => {
    await inWorkshop(async (workshop, { seen, other }) => {
      const first = await workshop.engineFor([seen]);
      await first.run('CREATE TABLE shared AS SELECT 1');
      const beside = await workshop.engineFor([seen]);
      await expect(beside.rows('FROM shared')).rejects.toThrow('There is no table "shared"');
      beside.close();
      first.close();
      const elsewhere = await workshop.engineFor([other]);
      expect(await elsewhere.rows(`FROM read_parquet('${other}')`)).toEqual([{ n: 7 }]);
      await expect(elsewhere.rows('FROM shared')).rejects.toThrow('There is no table "shared"');
      elsewhere.close();
    });
  });

  it('lets no statement reach another file, the network or a setting', async () => {
    await inWorkshop(async (workshop, { seen, other }) => {
      const engine = await workshop.engineFor([seen]);
      for (const sql of [
        `FROM read_parquet('${other}')`,
        `COPY (SELECT 1) TO '${other}'`,
        "FROM read_text('/etc/hostname')",
        "FROM read_csv('http://127.0.0.1/a.csv')",
        'SET enable_external_access = true',
        "SET allowed_directories = ['/']",
        'RESET lock_configuration',
        'INSTALL httpfs',
      ])
        await expect(engine.run(sql), sql).rejects.toMatchObject({ code: 'TRS_DATA_ENGINE' });
      engine.close();
    });
  });

  it('hands out what steps made where it is, and leaves nothing', async () => {
    let dir = '';
    await inWorkshop(async (workshop, { seen }) => {
      const folder = await workshop.folder();
      dir = dirname(folder.dir);
      const path = join(folder.dir, 'part.parquet');
      const first = await workshop.engineFor([seen]);
      await first.run(`COPY (SELECT 8 AS n) TO '${path}'`);
      first.close();
      workshop.keep('digest', path);
      expect(await workshop.filesOf([{ digest: 'digest', rows: 1 }])).toEqual([path]);
      const second = await workshop.engineFor([path]);
      expect(await second.rows(`FROM read_parquet('${path}')`)).toEqual([{ n: 8 }]);
      second.close();
    });
    await expect(readdir(dir)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
