import { to } from '../../frame/route.ts';
import type { Output } from '../../frame/server.ts';
import { usePresented, useQuery } from '../../frame/use-query.ts';
import { Answer, Empty } from '../../ui/answer.tsx';
import { Views } from '../../ui/views.tsx';

type Panel = Output<'panel.list'>['panels'][number];

/** The page that a plugin adds. */
export function ExtensionPage({ name }: { name: string | undefined }) {
  const list = useQuery('panel.list', {}, { isFixed: true });
  return (
    <Answer of={list}>
      {({ panels }) => {
        const panel = panels.find((one) => one.on === 'page' && one.name === name);
        return panel ? (
          <>
            <h1>{panel.title}</h1>
            <Shown panel={panel} subject={undefined} />
          </>
        ) : (
          <>
            <h1>No such page</h1>
            <Empty>There is no page “{name}”; the plugin that had it may have been removed.</Empty>
          </>
        );
      }}
    </Answer>
  );
}

/** The panels that plugins add to the page of an object. */
export function Panels({ on, subject }: { on: string; subject: string }) {
  const list = useQuery('panel.list', {}, { isFixed: true });
  return (
    <>
      {(list.data?.panels ?? [])
        .filter((panel) => panel.on === on)
        .map((panel) => (
          <section key={panel.name} aria-label={panel.title}>
            <h2>{panel.title}</h2>
            <Shown panel={panel} subject={subject} />
          </section>
        ))}
    </>
  );
}

/** The views of the query of a panel. */
function Shown({ panel, subject }: { panel: Panel; subject: string | undefined }) {
  const about = panel.subject === undefined || subject === undefined ? {} : { [panel.subject]: subject };
  const result = usePresented(panel.operation, { ...panel.input, ...about });
  return (
    <>
      <Answer of={result}>{({ views = [] }) => <Views of={views} />}</Answer>
      <p class="quiet">
        From <a href={to('operations', panel.operation)}>{panel.operation}</a>.
      </p>
    </>
  );
}
