import { answersToken, type Deployment, deploymentsToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { deployModel, resolveWanted, underWay, type Wanted } from '../deployment/change-deployment.ts';
import { readRevisions } from '../deployment/revisions.ts';
import { activeRollouts, readHistory, readPoints, readRollouts } from '../deployment/rollout-records.ts';
import { beforeAnything, startRollout } from '../deployment/start-rollout.ts';
import { takenOtherwise } from '../deployment/taken-otherwise.ts';
import { readChoice } from '../executor/executor-choice.ts';
import { AUTO } from '../executor/find-executors.ts';
import { inferencePoolToken } from '../inference/inference-pool-token.ts';
import type { ModelFacts } from '../inference/model-watch.ts';
import { findStrategy, planRollout } from '../rollout/find-strategy.ts';
import { servingConfig } from '../serving-config.ts';
import { servingError } from '../serving-error.ts';
import type { ServingTables } from '../serving-tables.ts';

export async function deploy(
  ctx: Context,
  input: {
    readonly model: string;
    readonly name?: string | undefined;
    readonly strategy: string;
    readonly traffic?: number | undefined;
    readonly executor?: string | undefined;
    readonly steps?: readonly string[] | undefined;
    readonly alpha?: number | undefined;
    readonly metric?: string | undefined;
    readonly options: Readonly<Record<string, unknown>>;
    readonly stickyHeader?: string | undefined;
    readonly dryRun: boolean;
  },
) {
  const plan = planRollout(findStrategy(ctx, input.strategy), optionsOf(input));
  const wanted = await resolveWanted(ctx, {
    model: input.model,
    deployment: input.name,
    executor: input.executor,
  });
  // Before traffic moves, not from the first request that is refused.
  const differs = [...(await takenOtherwise(ctx, wanted))];
  const told = differs.length > 0 ? { differs } : {};
  const isAtOnce = plan.judge(beforeAnything(plan)).decision === 'promote';
  if (isAtOnce && input.stickyHeader !== undefined)
    throw servingError('STRATEGY_OPTION', {
      kind: 'invalid',
      message: `The strategy "${input.strategy}" cannot be used so: "stickyHeader": no request is shared.`,
      hint: 'Leave it out.',
      details: { strategy: input.strategy, option: 'stickyHeader' },
    });
  if (isAtOnce && !input.dryRun) return { ...(await deployModel(ctx, ctx, wanted)), ...told };
  const { strategy, stickyHeader: sticky = 'x-trestle-key', dryRun: isDryRun } = input;
  const deployment = isAtOnce
    ? await wouldServe(ctx, wanted)
    : await startRollout(ctx, ctx, wanted, { strategy, plan, sticky, isDryRun });
  return { ...deployment, ...told, plan: [...plan.explain], ...(isDryRun ? { dryRun: true } : {}) };
}

/** What a deployment would serve, were it changed at once. */
async function wouldServe(ctx: Context, { target, model, follows, executor }: Wanted): Promise<Deployment> {
  const db = (await ctx.service(metadataToken)).query<ServingTables>();
  const [active] = await activeRollouts(db, target);
  if (active) throw underWay(active);
  const { name, version, digest } = model;
  return {
    deployment: target,
    revision: ((await readRevisions(db, target)).at(-1)?.revision ?? 0) + 1,
    model: { name, version, digest },
    ...(follows === null ? {} : { follows }),
    ...(executor === undefined ? {} : { executor }),
    strategy: 'immediate',
    traffic: [{ model: name, version, percent: 100 }],
    createdAt: new Date().toISOString(),
  };
}

/** The options that have flags of their own, and the others. @throws TRS_SERVING_OPTION_TWICE */
function optionsOf({
  options,
  traffic,
  steps,
  alpha,
  metric,
}: Pick<Parameters<typeof deploy>[1], 'options' | 'traffic' | 'steps' | 'alpha' | 'metric'>) {
  const flags = Object.entries({ traffic, steps, alpha, metric }).filter(([, value]) => value !== undefined);
  for (const [name] of flags) {
    if (!(name in options)) continue;
    throw servingError('OPTION_TWICE', {
      kind: 'usage',
      message: `"${name}" is given twice: as --${name}, and in --options.`,
      hint: 'Give it once.',
      details: { option: name },
    });
  }
  return { ...options, ...Object.fromEntries(flags) };
}

export async function listDeployments(ctx: Context) {
  return { deployments: [...(await (await ctx.service(deploymentsToken)).list())] };
}

export async function showDeployment(ctx: Context, input: { readonly deployment: string }) {
  const current = await (await ctx.service(deploymentsToken)).get(input.deployment);
  const db = (await ctx.service(metadataToken)).query<ServingTables>();
  const revisions = (await readRevisions(db, current.deployment)).map((one) => ({
    revision: one.revision,
    model: one.model,
    version: one.version,
    follows: one.follows,
    kind: one.kind,
    actor: one.actor,
    createdAt: one.created_at,
  }));
  const wanted = current.executor ?? ctx.config(servingConfig).executor;
  const choice = await readChoice(ctx, current.model.digest, wanted);
  const runsOn =
    wanted === AUTO
      ? { wanted, ...choice, measured: [...(choice?.measured ?? [])] }
      : { wanted, executor: wanted, measured: [] };
  const { models } = (await ctx.service(inferencePoolToken)).stats();
  const here = models.filter(({ deployment }) => deployment === current.deployment).map(shownFacts);
  const [rollout] = await readRollouts(db, { deployment: current.deployment, limit: 1 });
  if (!rollout) return { ...current, runsOn, here, revisions };
  const of = { deployment: current.deployment, rollout: rollout.rollout };
  return {
    ...current,
    runsOn,
    here,
    revisions,
    latest: {
      ...rollout,
      history: [...(await readHistory(db, of))],
      points: [...(await readPoints(db, of))],
    },
  };
}

const perPart = (sum: number, parts: number): number | null => (parts === 0 ? null : sum / parts);

const shownFacts = (facts: ModelFacts) => ({
  version: facts.version,
  answered: facts.answered,
  refused: facts.refused,
  failed: facts.failed,
  overloaded: facts.overloaded,
  rows: facts.rows,
  rowsPerCall: perPart(facts.rows, facts.calls),
  waitedMs: perPart(facts.waitedMs, facts.tasks),
  ranMs: perPart(facts.ranMs, facts.tasks),
  threads: facts.threads,
  bytes: facts.bytes,
  ...(facts.setAsideUntil === undefined
    ? {}
    : { setAsideUntil: new Date(facts.setAsideUntil).toISOString() }),
});

export async function topDeployments(
  ctx: Context,
  { deployment, seconds }: { readonly deployment?: string | undefined; readonly seconds: number },
) {
  const service = await ctx.service(deploymentsToken);
  const deployments = deployment === undefined ? await service.list() : [await service.get(deployment)];
  const since = new Date(Date.now() - 1_000 * seconds).toISOString();
  const recent = await (await ctx.service(answersToken)).recent(since);
  const round = (value: number): number => Number(value.toPrecision(3));
  return {
    seconds,
    deployments: [...deployments],
    revisions: recent
      .flatMap((one) => {
        const of = deployments.find((each) => each.deployment === one.deployment);
        return of ? [{ one, of }] : [];
      })
      .map(({ one, of }) => ({
        deployment: one.deployment,
        revision: one.revision,
        model: `${one.model.name}@${one.model.version}`,
        role:
          one.revision === of.revision
            ? ('champion' as const)
            : one.revision === of.rollout?.revision
              ? ('challenger' as const)
              : ('former' as const),
        requestsPerSecond: round(one.requests / seconds),
        p50Ms: round(one.p50),
        p95Ms: round(one.p95),
      }))
      .toSorted((a, b) => a.deployment.localeCompare(b.deployment) || a.revision - b.revision),
  };
}
