import type { View } from '@trestle/kernel';
import { MODEL } from './demo-folder.ts';
import type { DemoAccount } from './run-demo.ts';

const rounded = (value: number | null | undefined): string => (value ?? Number.NaN).toFixed(3);

/** The account of the demo, and where to look further. */
export function summary(account: DemoAccount, dir: string, isOnce: boolean): readonly View[] {
  const { data, model, live, retrain } = account;
  const chosen = model.candidates.filter((candidate) => candidate.chosen);
  const winner = chosen.length > 1 ? `an ensemble of ${chosen.length}` : chosen[0]?.estimator;
  const there = `--project ${dir}`;
  return [
    { kind: 'heading', text: `What happened, in ${account.seconds.toFixed(0)} seconds` },
    {
      kind: 'facts',
      facts: [
        ['data', `${data.dataset}, ${data.rows.toLocaleString('en-US')} rows; a corrupt copy was refused`],
        [
          'training',
          `${model.candidates.length} candidates, ${winner} won: ROC AUC ${rounded(model.test.rocAuc)}, average precision ${rounded(model.test.averagePrecision)} on later, unseen records`,
        ],
        ['serving', `${live.rows} rows in ${live.requests} requests, ${live.shiftedRows} of them shifted`],
        [
          'drift',
          `${live.driftBefore ? 'some before the change already: years had passed; then ' : ''}${live.alert.summary}`,
        ],
        [
          'retraining',
          `${retrain.labels} labels arrived; on ${retrain.comparedRows} rows that neither had seen, ${retrain.metric} ${rounded(retrain.champion.value)} → ${rounded(retrain.challenger.value)}`,
        ],
        [
          'outcome',
          retrain.promoted
            ? `${MODEL}@${retrain.challenger.version} was promoted, rolled back and promoted again`
            : `the challenger was not better: ${MODEL}@${retrain.champion.version} stays`,
        ],
      ],
    },
    { kind: 'heading', text: 'Look further (from the folder in which you started the demo)' },
    {
      kind: 'facts',
      facts: [
        [`npx trestle trace ${live.prediction} ${there}`, 'from one prediction to the file'],
        [`npx trestle model show ${MODEL} ${there}`, 'schema, metrics, card, aliases'],
        [`npx trestle monitor drift ${MODEL} ${there}`, 'each feature against the training data'],
        [`npx trestle run list ${there}`, 'the two trainings'],
        [`npx trestle audit verify ${there}`, 'proves that the log is whole'],
      ],
    },
    ...(isOnce
      ? []
      : ([
          {
            kind: 'facts',
            facts: [
              [`${account.url}/`, 'the Studio'],
              [`${account.url}/#/lineage/prediction:${live.prediction}`, 'the same trace as a picture'],
              [`${account.url}/docs`, 'the API'],
              [`${account.url}/metrics`, 'for Prometheus'],
            ],
          },
          { kind: 'note', tone: 'good', text: `The server is up: ${account.url} (Ctrl-C ends it)` },
        ] satisfies View[])),
  ];
}
