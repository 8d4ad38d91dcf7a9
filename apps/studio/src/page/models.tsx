import type { ModelVersion } from '../answers.ts';
import { call } from '../api.ts';
import { ago, metricName, number } from '../format.ts';
import { to } from '../route.ts';
import { Answer, Empty } from '../ui/answer.tsx';
import { Badge, Time } from '../ui/badge.tsx';
import { ConfirmButton } from '../ui/confirm-button.tsx';
import { Table } from '../ui/table.tsx';
import { useQuery } from '../use-query.ts';

const ALIAS = 'champion';
const aliasesOf = (model: ModelVersion) => model.aliases.map((alias) => <Badge key={alias}>{alias}</Badge>);

export function ModelsPage() {
  const list = useQuery<{ models: ModelVersion[] }>('model.list');
  return (
    <>
      <h1>Models</h1>
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
    </>
  );
}

/** The versions of one model side by side, with the buttons that move its champion. */
export function ModelPage({ name }: { name: string }) {
  const list = useQuery<{ models: ModelVersion[] }>('model.list');
  return (
    <>
      <h1>{name}</h1>
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
                    act={() => call('model.rollback', { name, alias: ALIAS })}
                    done={list.reload}
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
                  ...metrics.map((metric) => ({
                    label: metricName(metric),
                    isNumber: true,
                    cell: (model: ModelVersion) => number(model.metrics[metric]),
                  })),
                  {
                    label: 'Run',
                    cell: (model) => (model.run ? <a href={to('runs', model.run)}>{model.run}</a> : '–'),
                  },
                  { label: 'Digest', cell: (model) => <code>{model.digest.slice(0, 12)}</code> },
                  {
                    label: 'Action',
                    cell: (model) =>
                      model.aliases.includes(ALIAS) ? null : (
                        <ConfirmButton
                          label="Promote"
                          title={`Promote ${name}@${model.version}?`}
                          act={() => call('model.promote', { name, version: model.version, alias: ALIAS })}
                          done={list.reload}
                        >
                          <p>
                            It becomes “{ALIAS}”{champion ? ` in place of version ${champion.version}` : ''}.
                            Deployments that follow it change at once.
                          </p>
                        </ConfirmButton>
                      ),
                  },
                ]}
              />
            </>
          );
        }}
      </Answer>
    </>
  );
}
