import { to } from '../../frame/route.ts';
import { type DatasetDetails, type DatasetVersion, reference } from './dataset-answers.ts';

interface CompareFormOf {
  /** What another version is compared with. */
  readonly version: DatasetDetails;
  /** All versions of the dataset. */
  readonly versions: readonly DatasetVersion[];
  /** What is chosen at first. */
  readonly from?: string;
  readonly by?: string | undefined;
}

/** Chooses what a version is compared with, and the column that names a row. */
export function CompareForm({ version, versions, from, by }: CompareFormOf) {
  const others = versions.filter((each) => each.version !== version.version);
  const before = others.filter((each) => each.version < version.version);
  const [nearest] = (before.length > 0 ? before : others).toSorted((a, b) => b.version - a.version);
  if (!nearest) return null;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const form = new FormData(event.currentTarget);
    const [other, key] = [String(form.get('from')), String(form.get('by'))];
    location.hash = to('datasets', reference(version), other, ...(key === '' ? [] : [key]));
  };
  return (
    <form class="row" onSubmit={submit}>
      <label>
        Compare with{' '}
        <select name="from">
          {others.map((each) => (
            <option
              key={each.version}
              value={reference(each)}
              selected={reference(each) === (from ?? reference(nearest))}
            >
              {reference(each)}
            </option>
          ))}
        </select>
      </label>
      <label>
        rows named by{' '}
        <select name="by">
          <option value="">all that is in them</option>
          {version.columns.map(({ name }) => (
            <option key={name} value={name} selected={name === by}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <button type="submit">Compare</button>
    </form>
  );
}
