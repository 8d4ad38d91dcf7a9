import type { View } from '@trestle/kernel';
import type { FeedbackResult } from '../feedback/feedback-schemas.ts';

export function feedbackViews(result: FeedbackResult): View[] {
  const summary: View = {
    kind: 'note',
    tone: result.unmatched.length > 0 ? 'warn' : 'good',
    text: `${result.matched} of ${result.received} labels belong to logged rows (${result.changed} replaced a different one).${result.early ? ` ${result.early} came before their prediction and wait for it.` : ''}`,
  };
  if (result.unmatched.length === 0) return [summary];
  return [
    summary,
    {
      kind: 'table',
      title: 'Unmatched',
      columns: [
        { key: 'id', label: 'id' },
        { key: 'row', label: 'row', align: 'right' },
        { key: 'reason', label: 'reason' },
      ],
      rows: result.unmatched.slice(0, 20),
    },
  ];
}
