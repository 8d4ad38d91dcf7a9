import { Band } from '../../chart/band.tsx';
import { ago, count } from '../../format.ts';
import { to } from '../../frame/route.ts';
import { type Output, server } from '../../frame/server.ts';
import { Badge, Time } from '../../ui/badge.tsx';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { Table } from '../../ui/table.tsx';

type Rollout = NonNullable<Output<'deployment.show'>['latest']>;
type Measure = Rollout['verdict']['measures'][number];

const share = (value: number | null): string =>
  value === null ? '–' : `${Number((100 * value).toPrecision(3))} %`;

/** A rollout as a picture: what it compares, how the bounds closed in, who decided what, and what may be ordered. */
export function RolloutPart({
  of,
  deployment,
  changed,
}: {
  of: Rollout;
  deployment: string;
  changed: () => void;
}) {
  const { challenger, state, strategy, step, verdict, history } = of;
  const isOver = of.finishedAt !== undefined;
  const reasons = isOver ? (history.at(-1)?.reasons ?? []) : verdict.reasons;
  return (
    <>
      <p class="row">
        <Badge>{state}</Badge>
        <span>
          {strategy} of{' '}
          <a href={to('models', challenger.name)}>{`${challenger.name}@${challenger.version}`}</a>
        </span>
        <span class="quiet">
          {isOver
            ? 'over'
            : of.mirrored > 0
              ? `asked ${share(of.mirrored)} of the requests besides`
              : `step ${step + 1}, ${share(of.share)} of the requests`}
        </span>
        {isOver ? null : <Orders of={of} deployment={deployment} changed={changed} />}
      </p>
      <ul>
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      {verdict.measures.length === 0 ? null : <Evidence of={of} />}
      <Table
        caption={`What was decided in rollout ${of.rollout}, the latest first`}
        rows={history.toReversed()}
        columns={[
          { label: 'When', cell: (each) => <Time at={each.createdAt} text={ago(each.createdAt)} /> },
          { label: 'What', cell: (each) => each.kind },
          { label: 'By', cell: (each) => each.actor },
          { label: 'Share', cell: (each) => share(each.share), isNumber: true },
          { label: 'Why', cell: (each) => each.reasons.join(' '), isText: true },
        ]}
      />
    </>
  );
}

function Orders({ of, deployment, changed }: { of: Rollout; deployment: string; changed: () => void }) {
  const version = `${of.challenger.name}@${of.challenger.version}`;
  const hold = of.state === 'paused' ? 'Resume' : 'Pause';
  return (
    <>
      <ConfirmButton
        label={hold}
        title={`${hold} the rollout of ${deployment}?`}
        act={() =>
          of.state === 'paused'
            ? server.deployment.resume({ deployment })
            : server.deployment.pause({ deployment })
        }
        done={changed}
        says={`The rollout of ${deployment} is ${of.state === 'paused' ? 'running' : 'paused'}.`}
      >
        <p>
          {of.state === 'paused'
            ? 'It goes on with the step at which it is.'
            : 'It stays at its step; harm still ends it.'}
        </p>
      </ConfirmButton>
      <ConfirmButton
        label="Promote"
        title={`Let ${version} serve ${deployment} now?`}
        act={() => server.deployment.promote({ deployment })}
        done={changed}
        says={`${deployment} serves ${version}.`}
      >
        <p>All requests go to it, whatever the evidence says. A rollback takes it back.</p>
      </ConfirmButton>
      <ConfirmButton
        label="Abort"
        title={`End the rollout of ${deployment}?`}
        act={() => server.deployment.abort({ deployment })}
        done={changed}
        says={`The rollout of ${deployment} is over.`}
      >
        <p>The champion answers all requests from now on.</p>
      </ConfirmButton>
    </>
  );
}

const STATES: Readonly<Record<Measure['state'], string>> = {
  worse: 'worse',
  within: 'within',
  open: 'undecided',
};

function Evidence({ of }: { of: Rollout }) {
  const { measures } = of.verdict;
  return (
    <>
      <Table
        caption="What the versions are compared by"
        rows={measures}
        isMarked={({ state }) => state === 'worse'}
        columns={[
          { label: 'Requests with', cell: (each) => each.name },
          { label: 'Champion', cell: (each) => share(each.champion.value), isNumber: true },
          { label: 'Challenger', cell: (each) => share(each.challenger.value), isNumber: true },
          { label: 'Of requests', cell: (each) => count(each.challenger.of), isNumber: true },
          {
            label: 'Excess, surely between',
            cell: (each) => (each.low === null ? '–' : `${share(each.low)} … ${share(each.high)}`),
            isNumber: true,
          },
          { label: 'Allowed', cell: (each) => share(each.tolerance), isNumber: true },
          { label: 'Verdict', cell: (each) => <Badge>{STATES[each.state]}</Badge> },
        ]}
      />
      <div class="cards">
        {measures.flatMap((measure) => {
          const points = pointsOf(of, measure);
          return points.length < 2 ? [] : [<Picture key={measure.name} of={measure} points={points} />];
        })}
      </div>
    </>
  );
}

const groupOf = (name: string): string => name.split(' (')[0] ?? name;

/** The measure over time. Thresholds are chosen anew with each step: the name is the same but for them. */
const pointsOf = ({ points }: Rollout, { name }: Measure) => {
  const quantile = /\(p\d+\)|p\d+/.exec(name)?.[0];
  return points.flatMap(({ step, requests, measures }) => {
    const found =
      measures.find((each) => each.name === name) ??
      measures.find(
        (each) => groupOf(each.name) === groupOf(name) && (!quantile || each.name.includes(quantile)),
      );
    return found && found.low !== null && found.high !== null
      ? [{ step, requests, low: found.low, middle: found.excess, high: found.high }]
      : [];
  });
};

function Picture({ of, points }: { of: Measure; points: ReturnType<typeof pointsOf> }) {
  const says = `${of.name}: excess ${share(of.excess)}, surely between ${share(of.low)} and ${share(of.high)}, ${share(of.tolerance)} allowed: ${STATES[of.state]}`;
  return (
    <article class="card">
      <h3>{of.name}</h3>
      <Band points={points} limit={of.tolerance} about={says} show={share} />
      <p class="quiet">{STATES[of.state]}</p>
    </article>
  );
}
