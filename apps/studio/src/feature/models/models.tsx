import { ago, metric, metricName } from '../../format.ts';
import { to, useParameter } from '../../frame/route.ts';
import { type Output, server } from '../../frame/server.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer, Empty } from '../../ui/answer.tsx';
import { Badge, Time } from '../../ui/badge.tsx';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { Table } from '../../ui/table.tsx';
import { Panels } from '../extensions/panels.tsx';
import { localTime, ModelsThen } from './models-then.tsx';

const ALIAS = 'champion';

type ModelVersion = Output<'model.list'>['models'][number];
type ModelDetails = Output<'model.show'>;

const aliasesOf = (model: ModelVersion) => model.aliases.map((alias) => <Badge key={alias}>{alias}</Badge>);

/** The models, now or at a time that the address names. */
export function ModelsPage() {
  const [at, setAt] = useParameter('at');
  const time = Number.isFinite(Date.parse(at)) ? new Date(at).toISOString() : undefined;
  return (
    <>
      <h1>Models</h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          {'As they were at '}
          <input
            type="datetime-local"
            value={time === undefined ? '' : localTime(time)}
            onChange={({ currentTarget: { value } }) =>
              setAt(value === '' ? '' : new Date(value).toISOString())
            }
          />
        </label>
        {time === undefined ? null : (
          <button type="button" onClick={() => setAt('')}>
            Now
          </button>
        )}
      </form>
      {time === undefined ? <ModelsNow /> : <ModelsThen time={time} />}
    </>
  );
}

function ModelsNow() {
  const list = useQuery('model.list', {});
  return (
    <Answer of={list}>
      {({ models }) =>
        models.length === 0 ? (
          <Empty command="trestle train --data NAME --target COLUMN --register NAME">No models yet.</Empty>
        ) : (
          <Table
            caption="Model versions"
            rows={models}
            columns={[
              {
                label: 'Model',
                cell: (model) => <a href={to('models', model.name)}>{`${model.name}@${model.version}`}</a>,
              },
              { label: 'Aliases', cell: aliasesOf },
              { label: 'Task', cell: (model) => model.task ?? '–' },
              { label: 'Estimator', cell: (model) => model.estimator ?? '–' },
              {
                label: 'Registered',
                cell: (model) => <Time at={model.createdAt} text={ago(model.createdAt)} />,
              },
            ]}
          />
        )
      }
    </Answer>
  );
}

/** The versions of one model side by side, with the buttons that move its champion. */
export function ModelPage({ name }: { name: string }) {
  const list = useQuery('model.list', {});
  const details = useQuery('model.show', { model: name });
  const reload = (): void => {
    list.reload();
    details.reload();
  };
  return (
    <>
      <h1 dir="auto">{name}</h1>
      <Answer of={list}>
        {({ models }) => {
          const versions = models
            .filter((model) => model.name === name)
            .toSorted((a, b) => b.version - a.version);
          const champion = versions.find((version) => version.aliases.includes(ALIAS));
          const metrics = [...new Set(versions.flatMap((version) => Object.keys(version.metrics)))];
          return versions.length === 0 ? (
            <Empty command="trestle model list">There is no model of this name.</Empty>
          ) : (
            <>
              <p class="row">
                {champion
                  ? `Version ${champion.version} is the champion.`
                  : 'No version is the champion yet.'}
                {champion ? (
                  <ConfirmButton
                    label="Roll back"
                    title={`Roll ${name} back?`}
                    act={() => server.model.rollback({ name, alias: ALIAS })}
                    done={reload}
                    says={`${name} is rolled back.`}
                  >
                    <p>
                      “{ALIAS}” returns to the version that had it before version {champion.version}.
                      Deployments that follow it change at once.
                    </p>
                  </ConfirmButton>
                ) : null}
              </p>
              <Table
                caption={`Versions of ${name}`}
                rows={versions}
                isMarked={(model) => model.aliases.includes(ALIAS)}
                columns={[
                  {
                    label: 'Version',
                    cell: (model) => (
                      <a
                        href={to('lineage', `model:${name}@${model.version}`)}
                      >{`${name}@${model.version}`}</a>
                    ),
                  },
                  { label: 'Aliases', cell: aliasesOf },
                  {
                    label: 'Action',
                    cell: (model) =>
                      model.aliases.includes(ALIAS) ? null : (
                        <ConfirmButton
                          label="Promote"
                          title={`Promote ${name}@${model.version}?`}
                          act={() => server.model.promote({ name, version: model.version, alias: ALIAS })}
                          done={reload}
                          says={`${name}@${model.version} is the ${ALIAS} now.`}
                        >
                          <p>
                            It becomes “{ALIAS}”{champion ? ` in place of version ${champion.version}` : ''}.
                            Deployments that follow it change at once.
                          </p>
                        </ConfirmButton>
                      ),
                  },
                  ...metrics.map((each) => ({
                    label: metricName(each),
                    isNumber: true,
                    cell: (model: ModelVersion) => metric(model.metrics[each]),
                  })),
                  {
                    label: 'Run',
                    cell: (model) => (model.run ? <a href={to('runs', model.run)}>{model.run}</a> : '–'),
                  },
                  { label: 'Digest', cell: (model) => <code>{model.digest.slice(0, 12)}</code> },
                ]}
              />
              <Answer of={details}>{(model) => <Details of={model} />}</Answer>
            </>
          );
        }}
      </Answer>
      <Panels on="model" subject={name} />
    </>
  );
}

function Details({ of: model }: { of: ModelDetails }) {
  const { origin } = model;
  return (
    <>
      {origin ? (
        <p>
          Version {model.version} comes from <code>{origin.source}</code> ({origin.format}
          {origin.framework === undefined ? '' : `, made by ${origin.framework}`}).
        </p>
      ) : null}
      {(origin?.notes ?? []).map((note) => (
        <p class="quiet">{note}</p>
      ))}
      <h2>What it takes</h2>
      {model.features.length === 0 ? (
        <p class="quiet">It comes from elsewhere and takes tensors; see GET /v2/models of its deployment.</p>
      ) : (
        <Table
          caption={`Features of ${model.name}@${model.version}`}
          rows={model.features}
          columns={[
            { label: 'Feature', cell: (feature) => feature.name },
            {
              label: 'Type',
              cell: ({ type, tensor }) => (tensor ? `${tensor.type} [${tensor.dims.join(', ')}]` : type),
            },
            { label: 'May be missing', cell: (feature) => (feature.nullable ? 'yes' : 'no') },
          ]}
        />
      )}
      {model.moves.length > 0 ? (
        <>
          <h2>Where its aliases were</h2>
          <Table
            caption={`Moves of the aliases of ${model.name}, newest first`}
            rows={model.moves.toReversed()}
            columns={[
              { label: 'Alias', cell: (move) => <Badge>{move.alias}</Badge> },
              { label: 'What', cell: (move) => move.kind },
              { label: 'From', isNumber: true, cell: (move) => move.previous ?? '–' },
              { label: 'To', isNumber: true, cell: (move) => move.version },
              { label: 'By', cell: (move) => move.actor },
              { label: 'When', cell: (move) => <Time at={move.time} text={ago(move.time)} /> },
            ]}
          />
        </>
      ) : null}
      {model.card === '' ? null : (
        <details class="card">
          <summary>
            Model card of {model.name}@{model.version}
          </summary>
          <pre>{model.card}</pre>
        </details>
      )}
    </>
  );
}
