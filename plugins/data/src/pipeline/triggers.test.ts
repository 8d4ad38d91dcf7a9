import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { pipelinePlugin, pipelineShow } from '@trestle/plugin-pipeline';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dataAdd, dataPlugin } from '../index.ts';

// Several tests share two cores.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

describe('a trigger', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
  });
  afterEach(async () => {
    await project.remove();
  });
  const open = async (triggers: unknown): Promise<void> => {
    const pipelines = [{ name: 'ids', steps: { ids: { sql: 'SELECT id FROM birds' } }, triggers }];
    await writeFile(join(project.dir, 'trestle.config.json'), JSON.stringify({ data: { pipelines } }));
    host = await project.open([dataPlugin, trackingPlugin, pipelinePlugin]);
    await writeFile(join(project.dir, 'birds.csv'), 'id\n1\n2\n');
  };

  it('starts a run for a new version, once, while a worker is there', async () => {
    await open({ datasets: ['birds'] });
    await host.start({ worker: true });
    await host.run(dataAdd, { path: 'birds.csv', name: 'birds' }, { surface: 'cli' });
    await vi.waitFor(
      async () => {
        const { runs } = await host.run(pipelineShow, { name: 'ids' });
        expect(runs.map(({ status, trigger }) => [status, trigger])).toEqual([
          ['succeeded', 'a new version: dataset:birds@1'],
        ]);
      },
      { timeout: 150_000, interval: 200 },
    );
  });
});
