import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { pipelinePlugin, pipelineRun } from '@trestle/plugin-pipeline';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dataAdd, dataPlugin } from '../index.ts';

// Several tests share two cores.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

describe('OpenLineage', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
  });
  afterEach(() => project.remove());

  const open = async (openLineage: unknown): Promise<void> => {
    const steps = {
      sizes: {
        sql: 'SELECT b.id, upper(b.size) || n.note AS word, 1 AS one FROM birds b JOIN notes n USING (id)',
      },
      all: { sql: 'SELECT *, one + id AS more FROM sizes' },
      grouped: { sql: 'WITH s AS (FROM sizes) SELECT count(*) AS n FROM s' },
    };
    const data = { pipelines: [{ name: 'words', steps }], openLineage };
    await writeFile(join(project.dir, 'trestle.config.json'), JSON.stringify({ data }));
    host = await project.open([dataPlugin, trackingPlugin, pipelinePlugin]);
    for (const [name, rows] of [
      ['birds', 'id,size\n1,s\n2,l'],
      ['notes', 'id,note\n1,x\n2,y'],
    ] as const) {
      await writeFile(join(project.dir, 'rows.csv'), `${rows}\n`);
      await host.run(dataAdd, { path: 'rows.csv', name }, { surface: 'cli' });
    }
  };

  it('tells a file of every version, its inputs, and where its columns come from', async () => {
    await open({ file: 'lineage.jsonl', namespace: 'shop' });
    await host.run(pipelineRun, { name: 'words' });
    await host.start({ worker: false });
    const events = await vi.waitFor(
      async () => {
        const text = await readFile(join(project.dir, 'lineage.jsonl'), 'utf8');
        const found = text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line));
        expect(found.at(-1).job.name).toBe('pipeline.words');
        expect(found.at(-1).eventType).toBe('COMPLETE');
        return found;
      },
      { timeout: 150_000, interval: 200 },
    );
    const made = (name: string) => events.find((event) => event.outputs[0]?.name === name);
    expect(made('birds')).toMatchObject({
      eventType: 'COMPLETE',
      job: { namespace: 'shop', name: 'data.add' },
    });
    const sizes = made('words.sizes');
    expect(sizes.run.runId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(sizes.inputs.map((one: { name: string }) => one.name).sort()).toEqual(['birds', 'notes']);
    expect(sizes.outputs[0].facets.schema.fields).toEqual([
      { name: 'id', type: 'integer' },
      { name: 'word', type: 'string' },
      { name: 'one', type: 'integer' },
    ]);
    const fields = (event: typeof sizes) =>
      Object.fromEntries(
        Object.entries<{ inputFields: { name: string; field: string }[] }>(
          event.outputs[0].facets.columnLineage.fields,
        ).map(([column, { inputFields }]) => [
          column,
          inputFields.map(({ name, field }) => `${name}.${field}`),
        ]),
      );
    expect(fields(sizes)).toEqual({ id: ['birds.id'], word: ['birds.size', 'notes.note'] });
    expect(fields(made('words.all'))).toEqual({
      id: ['words.sizes.id'],
      word: ['words.sizes.word'],
      one: ['words.sizes.one'],
      more: ['words.sizes.id', 'words.sizes.one'],
    });
    // What stands between is not looked through, and nothing is claimed.
    expect(made('words.grouped').outputs[0].facets.columnLineage).toBeUndefined();
  });

  it('tells an endpoint, again after it failed', async () => {
    const got: { authorization: string | undefined; name: string }[] = [];
    let isBroken = true;
    const server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      if (isBroken) {
        isBroken = false;
        response.writeHead(503).end();
        return;
      }
      got.push({ authorization: request.headers.authorization, name: JSON.parse(text).outputs[0].name });
      response.writeHead(201).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      await open({ url: `http://127.0.0.1:${port}/api/v1/lineage`, apiKey: 'secret' });
      await host.start({ worker: false });
      await vi.waitFor(() => expect(got.map(({ name }) => name)).toEqual(['birds', 'notes']), {
        timeout: 150_000,
        interval: 100,
      });
      expect(got[0]?.authorization).toBe('Bearer secret');
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
