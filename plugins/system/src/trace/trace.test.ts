import { lineageSources, runFailed } from '@trestle/contracts';
import { contribute, type LineageEdge, plugin } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TemporaryHost, temporaryHost } from '../temporary-host.test.fixture.ts';
import { trace } from './trace.ts';
import { traceViews } from './trace-views.ts';

const FILE = `file:${'a'.repeat(64)}`;
const LINE: readonly LineageEdge[] = [
  { from: FILE, to: 'dataset:strikes@1', kind: 'added' },
  { from: 'dataset:strikes@1', to: 'run:r-1', kind: 'trained' },
  { from: 'run:r-1', to: 'model:strikes@1', kind: 'registered' },
  { from: 'model:strikes@1', to: 'deployment:birds@1', kind: 'deployed' },
  { from: 'model:strikes@1', to: 'deployment:other@1', kind: 'deployed' },
];

/** Keeps the edge of one prediction to itself, as a prediction log does. */
const predictions = plugin({
  name: 'predictions',
  version: '1.0.0',
  contributions: [
    contribute(lineageSources, {
      refKind: 'prediction',
      load: async () => async (_scope, ref) =>
        ref === 'prediction:p-1' ? [{ from: 'deployment:birds@1', to: ref, kind: 'predicted' }] : undefined,
    }),
  ],
});

describe('trestle trace', () => {
  let t: TemporaryHost;
  beforeEach(async () => {
    t = await temporaryHost([predictions]);
  });
  afterEach(() => t.remove());

  const add = async (edges: readonly LineageEdge[], failed: readonly string[] = []) => {
    const metadata = await t.host.service(metadataToken);
    await metadata.change(
      { principal: { id: 'local:ada', scopes: [] }, requestId: 'r', operation: 'test' },
      async ({ link, record }) => {
        for (const edge of edges) await link(edge);
        for (const run of failed) await record(runFailed, run, { target: 'y', metrics: {} });
      },
    );
  };
  const refs = async (ref: string, limit = 500) =>
    (await t.host.run(trace, { ref, limit })).nodes.map((node) => node.ref);

  it('leads from a prediction to the file, nearest first', async () => {
    await add(LINE);
    expect(await refs('p-1')).toEqual([
      'prediction:p-1',
      'deployment:birds@1',
      'model:strikes@1',
      'run:r-1',
      'dataset:strikes@1',
      FILE,
    ]);
  });

  it('leads from a file to everything that was made from it', async () => {
    await add(LINE);
    expect((await refs(FILE.slice(5))).toSorted()).toEqual(
      [
        FILE,
        'dataset:strikes@1',
        'deployment:birds@1',
        'deployment:other@1',
        'model:strikes@1',
        'run:r-1',
      ].toSorted(),
    );
  });

  it('goes both ways from the middle, and not to siblings', async () => {
    await add(LINE);
    const { nodes, edges } = await t.host.run(trace, { ref: 'deployment:birds@1' });
    expect(nodes.map(({ ref }) => ref)).not.toContain('deployment:other@1');
    expect(edges).toHaveLength(4);
    const middle = await t.host.run(trace, { ref: 'r-1' });
    expect(middle.nodes).toContainEqual(expect.objectContaining({ ref: FILE, kind: 'file', distance: -2 }));
    expect(middle.nodes).toContainEqual(expect.objectContaining({ ref: 'deployment:other@1', distance: 2 }));
  });

  it('takes a bare name with a version, and says what else has it', async () => {
    await add(LINE);
    expect(await t.host.run(trace, { ref: 'strikes@1' })).toMatchObject({
      ref: 'model:strikes@1',
      also: ['dataset:strikes@1'],
    });
  });

  it('ends where a circle closes', async () => {
    await add([
      { from: 'dataset:a@1', to: 'run:r-a', kind: 'trained' },
      { from: 'run:r-a', to: 'dataset:a@1', kind: 'made' },
    ]);
    expect(await refs('r-a')).toHaveLength(2);
  });

  it('stops at the limit and says so', async () => {
    await add(
      Array.from({ length: 50 }, (_, n) => ({ from: 'run:r-1', to: `model:m${n}@1`, kind: 'registered' })),
    );
    const output = await t.host.run(trace, { ref: 'r-1', limit: 10 });
    expect(output.nodes).toHaveLength(10);
    expect(output.edges).toHaveLength(9);
    expect(output.truncated).toBe(true);
  });

  it('tells who made something, and knows things that have no edges', async () => {
    await add([], ['run:r-9']);
    expect((await t.host.run(trace, { ref: 'r-9' })).nodes).toMatchObject([
      { ref: 'run:r-9', event: { type: 'run.failed', actor: 'local:ada' } },
    ]);
  });

  it.each([
    'p-unknown',
    'r-unknown',
    'nothing',
    'nothing@1',
    'nothing@champion',
    'model:nothing',
    'planet:mars',
    'a b@c@d',
  ])('knows nothing of %s', async (ref) => {
    await expect(t.host.run(trace, { ref })).rejects.toMatchObject({ code: 'TRS_SYSTEM_TRACE_UNKNOWN' });
  });

  it('is drawn as two trees', async () => {
    await add(LINE);
    const [root, from, into] = traceViews(await t.host.run(trace, { ref: 'model:strikes@1' }));
    expect(root).toMatchObject({ facts: [['model:strikes@1', null]] });
    expect(from).toMatchObject({
      title: 'made from',
      facts: [
        ['└─ run:r-1', 'registered'],
        ['   └─ dataset:strikes@1', 'trained'],
        ['      └─ file:aaaaaaaaaaaa…', 'added'],
      ],
    });
    expect(into).toMatchObject({
      title: 'went into',
      facts: [
        ['├─ deployment:birds@1', 'deployed'],
        ['└─ deployment:other@1', 'deployed'],
      ],
    });
  });
});
