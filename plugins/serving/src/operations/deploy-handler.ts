import {
  deploymentsToken,
  NO_ARM_EVIDENCE,
  NO_PAIR_EVIDENCE,
  type RolloutPlan,
  type RolloutSoFar,
} from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { deployModel } from '../deployment/change-deployment.ts';
import { readRevisions } from '../deployment/revisions.ts';
import { readChoice } from '../executor/executor-choice.ts';
import { AUTO } from '../executor/find-executors.ts';
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
    readonly options: Readonly<Record<string, unknown>>;
  },
) {
  const plan = planRollout(findStrategy(ctx, input.strategy), { ...input.options, traffic: input.traffic });
  const first = plan.judge(beforeAnything(plan));
  if (first.decision !== 'promote') {
    throw servingError('STRATEGY_UNAVAILABLE', {
      kind: 'invalid',
      message: `The strategy "${input.strategy}" needs traffic to be watched, which is not available yet.`,
      hint: 'Deploy with "immediate": all traffic moves at once, and "trestle deployment rollback" moves it back.',
      details: { strategy: input.strategy },
    });
  }
  return await deployModel(ctx, ctx, {
    model: input.model,
    deployment: input.name,
    executor: input.executor,
  });
}

/** What a strategy is asked of before a rollout begins. */
const beforeAnything = (plan: RolloutPlan): RolloutSoFar => ({
  step: 0,
  evidence: [
    {
      step: 0,
      share: plan.traffic({ step: 0, memory: undefined }).share,
      champion: NO_ARM_EVIDENCE,
      challenger: NO_ARM_EVIDENCE,
      pairs: NO_PAIR_EVIDENCE,
    },
  ],
  elapsedMs: 0,
  stepMs: 0,
  processes: { serving: 0, warm: 0 },
  memory: undefined,
});

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
  return { ...current, runsOn, revisions };
}
