import { deploymentsToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { deployModel } from '../deployment/change-deployment.ts';
import { readRevisions } from '../deployment/revisions.ts';
import { servingError } from '../serving-error.ts';
import type { ServingTables } from '../serving-tables.ts';

export async function deploy(
  ctx: Context,
  input: {
    readonly model: string;
    readonly name?: string | undefined;
    readonly strategy: string;
    readonly traffic?: number | undefined;
  },
) {
  if (input.strategy !== 'immediate' || (input.traffic ?? 100) !== 100) {
    throw servingError('STRATEGY_UNAVAILABLE', {
      kind: 'invalid',
      message: `${input.strategy === 'immediate' ? `--traffic ${input.traffic}` : `The strategy "${input.strategy}"`} is not available yet.`,
      hint: 'Deploy with "immediate": all traffic moves at once, and "trestle deployment rollback" moves it back.',
      details: { strategy: input.strategy },
    });
  }
  return await deployModel(ctx, ctx, { model: input.model, deployment: input.name });
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
  return { ...current, revisions };
}
