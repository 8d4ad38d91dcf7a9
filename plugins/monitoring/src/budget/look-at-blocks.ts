import { Buffer } from 'node:buffer';
import type { Scope } from '@trestle/kernel';
import { type ChangeDetector, changeDetector, LEARNING_BLOCKS } from '@trestle/statistics';
import { metadataToken, readStored } from '@trestle/store';
import { z } from 'zod';
import { watchedReference } from '../drift/watched-reference.ts';
import { modelFactsToken } from '../model-facts.ts';
import { rollUp } from '../rollup/roll-up.ts';
import {
  addRollup,
  type Counted,
  noRollup,
  type Rollup,
  rollupsSince,
  segmentsSince,
} from '../rollup/rollup-rows.ts';
import { everyMs } from '../rules/monitor-declaration.ts';
import { monitoringConfig, rulesOf } from '../rules/monitoring-config.ts';
import type { MonitoringTables } from '../tables.ts';
import type { Watched } from '../watched.ts';
import { type BudgetReport, budgetReportSchema } from './budget-report.ts';
import { blockOf, type Look, looksOf, type Stream, streamsOf } from './streams.ts';

const HOUR_MS = 3_600_000;
const HOURS = 24;
/** Rows of a time that is over may still come for so long. */
const GRACE_MS = 60_000;
const NAMED = 20;

const streamsSchema = z.array(z.tuple([z.string(), z.string(), z.string()]));
const stateSchema = z.object({ alarms: budgetReportSchema.shape.alarms });

/** What the budget's checks know of a deployment: its detector, and what each of its streams is. */
export interface Watch {
  readonly detector: ChangeDetector;
  readonly looks: readonly Look[];
  readonly streams: readonly Stream[];
  readonly report: BudgetReport;
}

/**
 * Looks at the blocks of rows that are complete since the last look. However often it is called, and by however many processes, each block
 * is looked at once.
 */
export async function lookAtBlocks(scope: Scope, watched: Watched): Promise<Watch> {
  const config = rulesOf(scope.config(monitoringConfig), watched.deployment);
  const { falseAlarms, block } = config;
  const every = falseAlarms === undefined ? undefined : everyMs(falseAlarms);
  const named = await watchedReference(scope, watched);
  const facts = await (await scope.service(modelFactsToken)).of(watched.model);
  const looks = named ? looksOf(named.reference, facts.classes.length > 0) : [];
  if (named) await rollUp(scope, watched, named);
  if (every === undefined || !named) return off(watched, falseAlarms, block);
  const metadata = await scope.service(metadataToken);
  const kept = await metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_detectors')
    .selectAll()
    .where('deployment', '=', watched.deployment)
    .where('model', '=', watched.model.name)
    .where('version', '=', watched.model.version)
    .executeTakeFirst();
  const until = kept?.until ?? '';
  const since = { reference: named.name, from: until };
  const { segments: counted, newest } = await segmentsSince(metadata, watched, since);
  const before: readonly Stream[] = kept ? (readStored(streamsSchema, kept.streams).value ?? []) : [];
  const segments = ['', ...counted.filter((segment) => segment !== '')];
  const streams = streamsOf(before, looks, segments);
  const threshold = every / block.every;
  const detector = changeDetector(
    streams.length,
    { threshold, slots: HOURS },
    kept && {
      streams: streams.length,
      slots: HOURS,
      blocks: kept.blocks,
      numbers: padded(kept.memory, before.length, streams.length),
    },
  );
  let alarms = kept ? (readStored(stateSchema, kept.state).value?.alarms ?? []) : [];
  const fresh: BudgetReport['alarms'] = [];
  let end: string | undefined;
  const seen = Math.max(Date.now() - GRACE_MS, newest === undefined ? 0 : Date.parse(newest));
  for await (const complete of blocksOf(rollupsSince(metadata, watched, since), block, seen)) {
    const { start } = complete;
    end = complete.end;
    const { values, rows } = blockOf(streams, looks, complete.segments);
    const hour = Math.floor(Date.parse(start) / HOUR_MS) % HOURS;
    if (!detector.next(values, rows, hour)) continue;
    const strongest = ranked(detector, streams);
    const features = [
      ...new Set(
        strongest.filter(({ evidence }) => evidence > 0.05 * detector.evidence).map(({ feature }) => feature),
      ),
    ];
    fresh.push({ time: start, features, evidence: detector.evidence });
    detector.learnAnew();
  }
  alarms = [...alarms, ...fresh]
    .filter(({ time }) => Date.parse(time) >= Date.parse(end ?? until) - every)
    .slice(-100);
  if (end !== undefined) {
    const row = {
      streams: JSON.stringify(streams),
      until: end,
      blocks: detector.blocks,
      memory: Buffer.from(detector.memory().numbers.buffer).toString('base64'),
      state: JSON.stringify({ alarms }),
    };
    const isMine = await metadata.write<MonitoringTables, boolean>(async (db) => {
      const key = {
        deployment: watched.deployment,
        model: watched.model.name,
        version: watched.model.version,
      };
      if (kept) {
        const changed = await db
          .updateTable('monitoring_detectors')
          .set(row)
          .where((eb) => eb.and({ ...key, until }))
          .executeTakeFirst();
        return Number(changed.numUpdatedRows) > 0;
      }
      const made = await db
        .insertInto('monitoring_detectors')
        .values({ ...key, ...row })
        .onConflict((conflict) => conflict.columns(['deployment', 'model', 'version']).doNothing())
        .executeTakeFirst();
      return Number(made.numInsertedOrUpdatedRows ?? 0) > 0;
    });
    // Another process has looked at the same blocks, and tells of them.
    if (!isMine) return await lookAtBlocks(scope, watched);
  }
  const report: BudgetReport = {
    deployment: watched.deployment,
    model: { name: watched.model.name, version: watched.model.version },
    falseAlarms: falseAlarms ?? '',
    // An alarm stands until what is usual now is known: whoever looks first does not take it from the others.
    state: detector.isReady ? 'ok' : alarms.length > 0 ? 'alarm' : 'learning',
    blocks: detector.blocks,
    needed: LEARNING_BLOCKS,
    blockRows: block.rows,
    blockMs: block.every,
    streams: streams.length,
    evidence: detector.evidence,
    threshold,
    alarms,
    features: ranked(detector, streams).slice(0, NAMED),
  };
  return { detector, looks, streams, report };
}

function ranked(detector: ChangeDetector, streams: readonly Stream[]): BudgetReport['features'] {
  return streams
    .map(([segment, feature, what], place) => ({ feature, segment, what, ...detector.stream(place) }))
    .filter(({ evidence }) => evidence > 0)
    .toSorted((a, b) => b.evidence - a.evidence);
}

interface Block {
  readonly start: string;
  /** Where the next one begins. */
  readonly end: string;
  readonly segments: ReadonlyMap<string, Rollup>;
}

/** Blocks that are over: of their time at least, and of their rows. @param seen rows up to this time are all there */
async function* blocksOf(
  rollups: AsyncIterable<Counted>,
  { every, rows }: { readonly every: number; readonly rows: number },
  seen: number,
): AsyncGenerator<Block> {
  let open: { start: number; until: number; segments: Map<string, Rollup> } | undefined;
  const complete = (): Block | undefined => {
    if (!open || open.until > seen || (open.segments.get('')?.rows ?? 0) < rows) return undefined;
    const [start, end] = [open.start, open.until].map((time) => new Date(time).toISOString());
    return { start: start ?? '', end: end ?? '', segments: open.segments };
  };
  for await (const { start, segment, rollup } of rollups) {
    const at = Math.floor(Date.parse(start) / every) * every;
    const block = open && at >= open.until ? complete() : undefined;
    if (block) {
      yield block;
      open = undefined;
    }
    // A block that has too few rows goes on until it has enough.
    if (open) open.until = Math.max(open.until, at + every);
    else open = { start: at, until: at + every, segments: new Map() };
    const sum = open.segments.get(segment) ?? noRollup();
    addRollup(sum, rollup);
    open.segments.set(segment, sum);
  }
  const last = complete();
  if (last) yield last;
}

/** What was remembered of fewer streams: the new ones know nothing yet. */
function padded(memory: string, before: number, now: number): Float64Array {
  const bytes = Buffer.from(memory, 'base64');
  const numbers = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  if (before === 0 || before === now) return numbers;
  const wide = new Float64Array((numbers.length / before) * now);
  wide.set(numbers);
  return wide;
}

function off(
  { deployment, model }: Watched,
  falseAlarms: string | undefined,
  block: { readonly every: number; readonly rows: number },
): Watch {
  return {
    detector: changeDetector(0, { threshold: 1 }),
    looks: [],
    streams: [],
    report: {
      deployment,
      model: { name: model.name, version: model.version },
      ...(falseAlarms === undefined ? {} : { falseAlarms }),
      state: 'off',
      blocks: 0,
      needed: LEARNING_BLOCKS,
      blockRows: block.rows,
      blockMs: block.every,
      streams: 0,
      evidence: 0,
      threshold: 0,
      alarms: [],
      features: [],
    },
  };
}
