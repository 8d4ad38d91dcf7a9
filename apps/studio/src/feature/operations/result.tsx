import type { Presented } from '@trestle/kernel/spec';
import { Views } from '../../ui/views.tsx';

/** What came of an operation: its views, its verdict, and the same as JSON. */
export function Result({ of: { output, views, passed } }: { of: Presented }) {
  return (
    <section aria-label="Result">
      <h2>Result</h2>
      {passed === false ? <p class="note bad">The check said no.</p> : null}
      {views ? <Views of={views} /> : null}
      <details class="card" open={views === undefined}>
        <summary>As JSON</summary>
        <pre>{JSON.stringify(output, undefined, 2)}</pre>
      </details>
    </section>
  );
}
