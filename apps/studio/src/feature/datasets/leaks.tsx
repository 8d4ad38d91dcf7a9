import { percent } from '../../format.ts';
import { useParameter } from '../../frame/route.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer } from '../../ui/answer.tsx';

/** Which columns nearly tell what is to be predicted, once it is said what that is. */
export function Leaks({ name, columns }: { name: string; columns: readonly string[] }) {
  const [target, setTarget] = useParameter('target');
  return (
    <>
      <h2>Leaks</h2>
      <p class="row">
        <label>
          A column to predict{' '}
          <select value={target} onChange={(event) => setTarget(event.currentTarget.value)}>
            <option value="">none</option>
            {columns.map((column) => (
              <option key={column} value={column}>
                {column}
              </option>
            ))}
          </select>
        </label>
        <span class="quiet">warns of columns that alone nearly tell it</span>
      </p>
      {target === '' ? null : <LeaksOf name={name} target={target} />}
    </>
  );
}

function LeaksOf({ name, target }: { name: string; target: string }) {
  const profile = useQuery('data.profile', { name, target }, { isFixed: true });
  return (
    <Answer of={profile}>
      {({ leaks = [] }) =>
        leaks.length === 0 ? (
          <p class="note" role="status">
            No column alone nearly tells “<bdi>{target}</bdi>”.
          </p>
        ) : (
          <div role="status" aria-label={`Leaks of ${target}`}>
            <ul class="alerts">
              {leaks.map(({ column, score }) => (
                <li class="note warn" key={column}>
                  “<bdi>{column}</bdi>” alone nearly tells “<bdi>{target}</bdi>” ({percent(score)} of what can
                  be known): leave it out, or make sure that it is known in time.
                </li>
              ))}
            </ul>
          </div>
        )
      }
    </Answer>
  );
}
