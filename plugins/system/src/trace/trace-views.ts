import type { View } from '@trestle/kernel';
import type { TraceOutput } from './trace.ts';

type Fact = readonly [label: string, value: string];

/** Draws lineage as two trees that share their root: what it was made from, and what it went into. */
export function traceViews(output: TraceOutput): readonly View[] {
  const upstream = tree(output, 'up');
  const downstream = tree(output, 'down');
  const told = tell(output, output.ref);
  const views: View[] = [{ kind: 'facts', facts: [[shortRef(output.ref), told === '' ? null : told]] }];
  if (upstream.length > 0) views.push({ kind: 'facts', title: 'made from', facts: upstream });
  if (downstream.length > 0) views.push({ kind: 'facts', title: 'went into', facts: downstream });
  if (output.truncated)
    views.push({ kind: 'note', tone: 'warn', text: 'There is more; raise --limit to see it.' });
  if (output.also.length > 0) {
    views.push({ kind: 'note', tone: 'info', text: `The name also stands for ${output.also.join(', ')}.` });
  }
  return views;
}

function tree(output: TraceOutput, way: 'up' | 'down'): readonly Fact[] {
  const facts: Fact[] = [];
  const drawn = new Set([output.ref]);
  const draw = (ref: string, indent: string): void => {
    const edges = output.edges.filter((edge) => (way === 'up' ? edge.to : edge.from) === ref);
    edges.forEach((edge, index) => {
      const isLast = index === edges.length - 1;
      const other = way === 'up' ? edge.from : edge.to;
      const isRepeated = drawn.has(other);
      const told = isRepeated ? 'see above' : tell(output, other);
      facts.push([
        `${indent}${isLast ? '└─' : '├─'} ${shortRef(other)}`,
        [edge.kind, told].filter(Boolean).join(' · '),
      ]);
      if (isRepeated) return;
      drawn.add(other);
      draw(other, `${indent}${isLast ? '   ' : '│  '}`);
    });
  };
  draw(output.ref, '');
  return facts;
}

/** A digest is recognised by its beginning; the JSON has it in full. */
const shortRef = (ref: string): string => ref.replace(/[0-9a-f]{64}/g, (digest) => `${digest.slice(0, 12)}…`);

function tell(output: TraceOutput, ref: string): string {
  const event = output.nodes.find((node) => node.ref === ref)?.event;
  return event ? `${event.time.slice(0, 16).replace('T', ' ')} by ${event.actor}` : '';
}
