import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join, relative } from 'node:path';
import { localFiles } from '@trestle/kernel';
import type { SourceOptions } from '@trestle/tables/source-options';
import type { Opened, ReadContext, Source } from '@trestle/tables/sources';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

export interface SourceUnderTest {
  /** What is asked for: an address, or for a source that knows endings the path of a file. Made before the tests. */
  asked(): Promise<SourceOptions>;
  /** The same where there is nothing. */
  missing(): Promise<SourceOptions>;
  /** Of a source that gives rows: its columns, and how many rows stand there. */
  readonly columns?: readonly string[];
  readonly rows?: number;
  /** A text of the address that is nobody's business (a token): it is told nowhere. */
  readonly secret?: string;
  /** Sources with which files are read that it gives; itself alone when left out. */
  readonly sources?: readonly Source[];
  readonly limits?: Partial<ReadContext['limits']>;
}

/** What every source must do. Call it inside a vitest file. */
export function sourceContract(source: Source, subject: SourceUnderTest): void {
  describe(`${source.name}: source contract`, () => {
    let root = '';
    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'trestle-source-'));
    });
    afterAll(() => rm(root, { recursive: true, force: true }));

    const open = async (
      told: SourceOptions,
      signal = new AbortController().signal,
    ): Promise<{ opened: Opened; dir: string }> => {
      const dir = await mkdtemp(join(root, 'work-'));
      const ctx: ReadContext = {
        surface: 'cli',
        signal,
        files: localFiles(root),
        project: { dir: root, stateDir: dir },
        progress: ({ fraction = 0 }) => {
          expect(fraction).toBeGreaterThanOrEqual(0);
          expect(fraction).toBeLessThanOrEqual(1);
        },
        limits: {
          memoryMiB: 512,
          threads: 1,
          maxSourceBytes: 2 ** 30,
          allowPrivateHosts: [],
          allowSources: [],
          ...subject.limits,
        },
        sources: subject.sources ?? [source],
      };
      const shown = told.path.replace(/\?.*$/, '');
      return { opened: await source.open(ctx, { address: told.path, shown, told, dir }), dir };
    };
    const contentOf = async (told: SourceOptions) => {
      const { opened, dir } = await open(told);
      if (opened.kind === 'file' || opened.kind === 'folder') {
        const paths = opened.kind === 'file' ? [opened.path] : opened.files.map(({ path }) => path);
        for (const path of paths) {
          await access(path);
          const inside = relative(dir, path);
          expect(isAbsolute(inside) || inside.startsWith('..'), `${path} lies elsewhere`).toBe(false);
        }
        return { names: paths.map((path) => relative(dir, path)), rows: [], opened };
      }
      const names = opened.kind === 'rows' ? opened.names : opened.columns.map(({ name }) => name);
      const rows: (readonly unknown[])[] = [];
      for await (const row of opened.rows) rows.push(row);
      await opened.close?.();
      return { names, rows, opened };
    };

    it('says what it reads', () => {
      const said = 'schemes' in source ? source.schemes : source.endings;
      expect(said.length).toBeGreaterThan(0);
      for (const one of said)
        expect(one).toMatch('schemes' in source ? /^[a-z][a-z0-9+.-]+$/ : /^(\.[a-z0-9]+)+$/);
      expect(source.title).not.toBe('');
    });

    it('gives what stands there, the same twice', async () => {
      const told = await subject.asked();
      const [first, again] = [await contentOf(told), await contentOf(told)];
      expect(again.names).toEqual(first.names);
      expect(again.rows).toEqual(first.rows);
      expect(again.opened.revision).toEqual(first.opened.revision);
      if (subject.columns) expect(first.names).toEqual(subject.columns);
      if (subject.rows !== undefined) expect(first.rows).toHaveLength(subject.rows);
      for (const row of first.rows) expect(row.length).toBeLessThanOrEqual(first.names.length);
    });

    it('tells where they come from, and nothing that is secret', async () => {
      const { opened } = await contentOf(await subject.asked());
      const notes = 'notes' in opened ? [...(opened.notes ?? [])] : [];
      const told = [opened.shown, opened.revision, ...notes].filter((text) => text !== undefined);
      for (const text of told) {
        expect(text).toMatch(/\S/);
        if (subject.secret !== undefined) expect(text).not.toContain(subject.secret);
      }
    });

    it('refuses what is not there, with a code and without secrets', async () => {
      const told = await subject.missing();
      const refused = await contentOf(told).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(refused).toMatchObject({ code: expect.stringMatching(/^TRS_/) });
      if (subject.secret !== undefined)
        expect(JSON.stringify(refused) + String(refused)).not.toContain(subject.secret);
    });

    it('refuses an option that it does not know, by its name', async () => {
      if (source.ownOptions.length === 0) return;
      const told = { ...(await subject.asked()), option: ['no-such-option=1'] };
      await expect(open(told)).rejects.toMatchObject({
        code: 'TRS_DATA_OPTION',
        message: expect.stringContaining('no-such-option'),
      });
    });

    it('can be left before a row is taken', async () => {
      const { opened } = await open(await subject.asked());
      if (!('close' in opened)) return;
      await opened.close?.();
    });

    it('ends when it is told to', async () => {
      const stop = AbortSignal.abort(new Error('told to stop'));
      const stopped = await open(await subject.asked(), stop).then(
        async ({ opened }) => {
          // One whose rows are read from a stream need not look before they are: who reads them does.
          if ('close' in opened) await opened.close?.();
          return opened.kind === 'rows' || opened.kind === 'table';
        },
        () => true,
      );
      expect(stopped).toBe(true);
    });
  });
}
