import { ago, count } from '../../format.ts';
import { to } from '../../frame/route.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer, Empty } from '../../ui/answer.tsx';
import { Time } from '../../ui/badge.tsx';
import { Table } from '../../ui/table.tsx';
import { type DatasetVersion, reference } from './dataset-answers.ts';

export function DatasetsPage() {
  const list = useQuery('data.list', {});
  return (
    <>
      <h1>Datasets</h1>
      <Answer of={list}>
        {({ datasets }) =>
          datasets.length === 0 ? (
            <Empty command="trestle data add FILE --name NAME">No datasets yet.</Empty>
          ) : (
            <Versions versions={datasets} />
          )
        }
      </Answer>
    </>
  );
}

export const Versions = ({ versions }: { versions: readonly DatasetVersion[] }) => (
  <Table
    caption="Dataset versions"
    rows={versions}
    columns={[
      {
        label: 'Version',
        cell: (version) => <a href={to('datasets', reference(version))}>{reference(version)}</a>,
      },
      { label: 'Rows', isNumber: true, cell: (version) => count(version.rows) },
      { label: 'Source', cell: (version) => version.source },
      { label: 'Added', cell: (version) => <Time at={version.createdAt} text={ago(version.createdAt)} /> },
      { label: 'Digest', cell: (version) => <code>{version.digest.slice(0, 12)}</code> },
    ]}
  />
);
