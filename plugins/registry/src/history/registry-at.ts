import { aliasEvents, deploymentEvents, modelRegistered, rolloutEvents } from '@trestle/contracts';
import { type Context, journalToken } from '@trestle/kernel';
import type { RegistryAt } from '../operations/registry-at.ts';
import { listModels } from '../version/versions.ts';
import { eventsUntil } from './events-until.ts';

const { challenger: _, ...SERVING } = deploymentEvents;
const KINDS = [
  modelRegistered,
  ...Object.values(aliasEvents),
  ...Object.values(SERVING),
  ...Object.values(rolloutEvents),
];
const REFERENCE = /^model:(.+)@(\d+)$/;

type Model = RegistryAt['models'][number];
type Alias = RegistryAt['aliases'][number];
type Deployment = RegistryAt['deployments'][number];

/**
 * Replays the log: what it says was so. What never changes of a version (its package, its training, its data) is read from the registry.
 * Time: linear in the entries about models and deployments.
 */
export async function showRegistryAt(ctx: Context, input: { readonly time: string }): Promise<RegistryAt> {
  const time = new Date(input.time).toISOString();
  const models = new Map<string, Model>();
  const aliases = new Map<string, Alias>();
  const deployments = new Map<string, Deployment>();
  const unreadable: number[] = [];
  const facts = new Map(
    (await listModels(ctx)).map((model) => [`${model.name}@${model.version}`, model] as const),
  );
  for await (const event of eventsUntil(ctx, KINDS, time)) {
    ctx.signal.throwIfAborted();
    if ('unreadable' in event && typeof event.unreadable === 'number') {
      unreadable.push(event.unreadable);
      continue;
    }
    if (!('type' in event)) continue;
    const since = { since: event.time, by: event.actor };
    switch (event.type) {
      case 'model.registered': {
        const [, name = '', version = ''] = REFERENCE.exec(event.subject) ?? [];
        const before = models.get(name);
        models.set(name, {
          model: name,
          versions: (before?.versions ?? 0) + 1,
          newest: Math.max(before?.newest ?? 0, Number(version)),
          registeredAt: event.time,
        });
        break;
      }
      case 'model.promoted':
      case 'model.rolled-back': {
        const { name, alias, version } = event.payload;
        aliases.set(`${name}@${alias}`, { model: name, alias, version, ...since });
        break;
      }
      case 'deployment.deployed':
      case 'deployment.followed':
      case 'deployment.rolled-back':
      case 'deployment.promoted': {
        const { deployment, revision, model, version, follows } = event.payload;
        const known = facts.get(`${model}@${version}`);
        deployments.set(deployment, {
          deployment,
          revision,
          model,
          version,
          follows,
          digest: known?.digest ?? null,
          run: known?.run ?? null,
          dataset: known?.dataset ?? null,
          challenger: null,
          ...since,
        });
        break;
      }
      default: {
        const { deployment, challenger, share, mirrored } = event.payload;
        const serving = deployments.get(deployment);
        if (!serving) break;
        const isOn = ['started', 'advanced', 'paused', 'resumed'].some(
          (what) => event.type === `deployment.rollout-${what}`,
        );
        deployments.set(deployment, {
          ...serving,
          challenger: isOn ? { model: challenger.name, version: challenger.version, share, mirrored } : null,
        });
      }
    }
  }
  return {
    time,
    log: await logAt(ctx, time),
    models: [...models.values()].toSorted((a, b) => (a.model < b.model ? -1 : 1)),
    aliases: [...aliases.values()].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
    deployments: [...deployments.values()].toSorted((a, b) => (a.deployment < b.deployment ? -1 : 1)),
    unreadable,
  };
}

const keyOf = ({ model, alias }: Alias): string => `${model}@${alias}`;

/** The newest entry up to a time: found by halving, as the log is in the order of its clock. */
async function logAt(ctx: Context, time: string): Promise<RegistryAt['log']> {
  const journal = await ctx.service(journalToken);
  const [newest] = await journal.read({ limit: 1, newest: true });
  if (!newest) return { seq: 0, head: null };
  if (newest.time <= time) return { seq: newest.seq, head: newest.hash };
  let [low, high] = [0, newest.seq];
  let found: RegistryAt['log'] = { seq: 0, head: null };
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const [entry] = await journal.read({ after: middle - 1, limit: 1 });
    if (entry && entry.time <= time) {
      low = middle;
      found = { seq: entry.seq, head: entry.hash };
    } else high = middle;
  }
  return found;
}
