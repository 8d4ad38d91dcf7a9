import { createHash } from 'node:crypto';
import { type Deployment, type EvidenceWanted, rolloutStrategies } from '@trestle/contracts';
import { isTrestleError, type ServiceScope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { newestRevision, toDeployment } from '../deployment/revisions.ts';
import { activeRollouts, challengerOf, type RolloutRow, toRollout } from '../deployment/rollout-records.ts';
import { inferencePoolToken } from '../inference/inference-pool-token.ts';
import type { ServingTables } from '../serving-tables.ts';
import { evidenceRecorder, type Step } from './evidence.ts';
import type { Assigned, Mirror } from './watched.ts';

/** Which model answers for a deployment now. */
export interface Routing {
  /** The one that serves, whatever is rolled out beside it. */
  current(deployment: string): Promise<Deployment>;
  /** The one that answers this request: by its share of a rollout, and the same for equal values of the rollout's header. */
  assign(deployment: string, headers?: Pick<Headers, 'get'>): Promise<Assigned>;
}

/** What is read of a deployment until something changes. */
interface Standing {
  readonly deployment: Deployment;
  readonly rollout?: ActiveRollout;
}

interface ActiveRollout {
  readonly row: RolloutRow;
  readonly step: Step;
  readonly challenger: Deployment;
  readonly wants: EvidenceWanted;
  /** No request goes to the challenger before this process is ready for it. */
  isWarm: boolean;
  readonly mirror: Mirror;
  /** Where the keys lie that have been counted. */
  readonly counted: Set<number>;
}

interface Known {
  /** The newest change when it was read. */
  readonly changes: number;
  readonly standing: Promise<Standing>;
}

/** Mirrored requests of a deployment that are under way at once: beyond them the shadow is behind, and misses some. */
const MIRRORED_AT_ONCE = 8;
/** Keys of a rollout that are remembered; what comes with others beyond that is answered and not counted. */
const MOST_KEYS = 200_000;
const NOTHING_WANTED: EvidenceWanted = { outcomes: false, scores: false, labels: false, warmUp: false };

/**
 * Remembers the current revision until something changes, so that a busy deployment does not ask the database for each
 * request. A change of any process is seen at once: whoever moves an alias, or rolls back, is answered by the other model next.
 */
export async function openRouting(scope: ServiceScope): Promise<Routing> {
  const metadata = await scope.service(metadataToken);
  const pool = await scope.service(inferencePoolToken);
  const evidence = evidenceRecorder(metadata, scope.log);
  scope.onClose(() => evidence.close());
  const known = new Map<string, Known>();
  const mirrored = new Map<string, number>();

  const mirrorOf = (deployment: Deployment): Mirror => ({
    deployment,
    begin() {
      const name = deployment.deployment;
      const underWay = mirrored.get(name) ?? 0;
      if (underWay >= MIRRORED_AT_ONCE) return undefined;
      mirrored.set(name, underWay + 1);
      return () => mirrored.set(name, (mirrored.get(name) ?? 1) - 1);
    },
  });

  const wantsOf = ({ strategy, options }: RolloutRow): EvidenceWanted => {
    const found = scope.extensions(rolloutStrategies).find((one) => one.name === strategy);
    return found?.plan(JSON.parse(options)).wants ?? NOTHING_WANTED;
  };

  const warmUp = (rollout: ActiveRollout): void => {
    evidence.present(rollout.step, false);
    pool.warmUp(rollout.challenger.model.digest, rollout.challenger.executor).then(
      ({ verified, detail }) => {
        rollout.isWarm = verified;
        evidence.present(rollout.step, verified);
        if (!verified) scope.log.warn('a challenger is not ready', { ...rollout.step, detail });
      },
      (cause: unknown) => {
        scope.log.warn('a challenger could not be made ready', {
          ...rollout.step,
          cause: isTrestleError(cause) ? cause.message : String(cause),
        });
      },
    );
  };

  const read = async (name: string, before: Standing | undefined): Promise<Standing> => {
    const db = metadata.query<ServingTables>();
    const serving = await newestRevision(scope, name);
    const [row] = await activeRollouts(db, name);
    if (before && before.deployment.revision !== serving.revision)
      scope.log.debug(`the deployment "${name}" answers with another revision`, {
        ...{ revision: serving.revision, how: serving.kind, model: `${serving.model}@${serving.version}` },
        follows: serving.follows,
      });
    if (!row) {
      pool.keepApart(name, undefined, serving.digest);
      evidence.keep(name, undefined);
      return { deployment: toDeployment(serving) };
    }
    const revision = await challengerOf(db, row);
    const deployment = toDeployment(serving, toRollout(row, revision));
    const { rollout, step, share } = row;
    const wants = wantsOf(row);
    const challenger = toDeployment(revision);
    const isKnown = before?.rollout?.row.rollout === rollout;
    const active: ActiveRollout = {
      row,
      step: { deployment: name, rollout, step, share },
      challenger,
      wants,
      isWarm: isKnown ? before.rollout.isWarm : !wants.warmUp,
      mirror: mirrorOf(challenger),
      counted: isKnown ? before.rollout.counted : new Set(),
    };
    pool.keepApart(name, revision.digest, serving.digest);
    evidence.keep(name, active.step);
    if (active.isWarm) evidence.present(active.step, true);
    else warmUp(active);
    return { deployment, rollout: active };
  };

  const standing = (name: string): Promise<Standing> => {
    const found = known.get(name);
    const changes = metadata.changes();
    if (found?.changes === changes) return found.standing;
    const now = (async () => await read(name, await found?.standing.catch(() => undefined)))();
    known.set(name, { changes, standing: now });
    now.catch(() => known.delete(name));
    return now;
  };

  return {
    current: async (name) => (await standing(name)).deployment,
    async assign(name, headers) {
      const { deployment, rollout } = await standing(name);
      if (!rollout) return { deployment };
      const { row, step, challenger, wants, mirror, isWarm } = rollout;
      // A process that is not ready yet answers with the champion, and counts none of it: requests of the champion alone would be
      // taken for a challenger to whom less happens.
      if (!isWarm) return { deployment };
      const key = row.share > 0 ? (headers?.get(row.sticky) ?? null) : null;
      const point = key === null ? Math.random() : pointOf(row, key);
      const isChallenged = point < row.share;
      // What has a key is drawn once, however often it comes: counted again and again, one busy caller would be taken for many.
      if (key !== null && !isNew(rollout, point))
        return { deployment: isChallenged ? challenger : deployment };
      if (isChallenged)
        return { deployment: challenger, watched: { step, arm: 'challenger', wants, evidence } };
      const isMirrored = row.mirrored > 0 && Math.random() < row.mirrored;
      return {
        deployment,
        watched: { step, arm: 'champion', wants, evidence, ...(isMirrored ? { mirror } : {}) },
      };
    },
  };
}

function isNew({ counted }: ActiveRollout, point: number): boolean {
  if (counted.has(point) || counted.size >= MOST_KEYS) return false;
  counted.add(point);
  return true;
}

/** Where a key lies between 0 and 1: the same in every process, another in every rollout. */
function pointOf({ deployment, rollout }: RolloutRow, key: string): number {
  const digest = createHash('sha256').update(`${deployment}/${rollout}/${key}`).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
