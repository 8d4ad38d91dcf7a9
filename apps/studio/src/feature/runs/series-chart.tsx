import { useState } from 'preact/hooks';
import { MARKS, PlotBox } from '../../chart/plot-box.tsx';
import { type Along, lineOf, placesOf } from '../../chart/shape-lines.ts';
import { useParameter } from '../../frame/route.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer } from '../../ui/answer.tsx';

/** Points of all lines together: more than a picture has places for. */
const POINTS = 100_000;
/** A legend of more is longer than its picture. */
const NAMED = 30;
/** Measurements come without an event. */
const POLL_MS = 3_000;

const ALONG: readonly (readonly [Along, string])[] = [
  ['step', 'step'],
  ['elapsed', 'seconds since the first'],
  ['time', 'time of day'],
  ['epoch', 'epoch'],
];

/** How charts are drawn: kept in the address for all of a page. */
export function useLook() {
  const [along, setAlong] = useParameter('x');
  const [log, setLog] = useParameter('log');
  const [smoothing, setSmoothing] = useParameter('smooth');
  const weight = Number(smoothing);
  return {
    along: ALONG.find(([one]) => one === along)?.[0] ?? 'step',
    isLogX: log.includes('x'),
    isLogY: log.includes('y'),
    smoothing: weight > 0 && weight < 1 ? weight : 0,
    ...{ setAlong, setLog, setSmoothing },
  };
}

export function LookTools({ of: look }: { of: ReturnType<typeof useLook> }) {
  const setLog = (isX: boolean, isY: boolean): void => look.setLog(`${isX ? 'x' : ''}${isY ? 'y' : ''}`);
  return (
    <p class="row">
      <label>
        Along{' '}
        <select
          value={look.along}
          onChange={(event) =>
            look.setAlong(event.currentTarget.value === 'step' ? '' : event.currentTarget.value)
          }
        >
          {ALONG.map(([along, words]) => (
            <option key={along} value={along}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <label>
        <input
          type="checkbox"
          checked={look.isLogX}
          onChange={(event) => setLog(event.currentTarget.checked, look.isLogY)}
        />{' '}
        logarithmic across
      </label>
      <label>
        <input
          type="checkbox"
          checked={look.isLogY}
          onChange={(event) => setLog(look.isLogX, event.currentTarget.checked)}
        />{' '}
        logarithmic up
      </label>
      <label>
        Smoothed{' '}
        <input
          type="range"
          min="0"
          max="0.99"
          step="0.01"
          value={look.smoothing}
          onInput={(event) =>
            look.setSmoothing(event.currentTarget.value === '0' ? '' : event.currentTarget.value)
          }
        />{' '}
        <output>{look.smoothing}</output>
      </label>
      <span class="quiet">Draw over a part to see it larger; a double click shows all.</span>
    </p>
  );
}

/** One metric of some runs, live: what is looked at closer is asked for again, in more detail. */
export function SeriesChart(props: {
  runs: readonly string[];
  metric: string;
  look: ReturnType<typeof useLook>;
  isLive: boolean;
}) {
  const { runs, metric, look, isLive } = props;
  const [part, setPart] = useState<readonly [number, number]>();
  const points = Math.max(100, Math.min(1_000, Math.floor(POINTS / runs.length)));
  const withEpochs = look.along === 'epoch' && metric !== 'epoch';
  const answer = useQuery(
    'run.series',
    {
      runs: [...runs],
      metrics: withEpochs ? [metric, 'epoch'] : [metric],
      points,
      // Only by steps the server knows a part; of another kind of place it is cut out of what is here.
      ...(part && look.along === 'step'
        ? { from: Math.max(0, Math.floor(part[0])), to: Math.max(0, Math.ceil(part[1])) }
        : {}),
    },
    isLive ? { pollMs: POLL_MS } : { isFixed: true },
  );
  return (
    <figure class="card wide-figure">
      <h3>{metric}</h3>
      <Answer of={answer}>
        {({ series }) => {
          const lines = series
            .filter(({ name }) => name === metric)
            .map((one) => {
              const epochs = series.find(({ run, name }) => run === one.run && name === 'epoch');
              const line = lineOf(
                runs.length === 1 ? metric : one.run,
                one,
                placesOf(one, look.along, epochs),
                look.smoothing,
              );
              return part && look.along !== 'step' ? within(line, part) : line;
            });
          return (
            <>
              <Drawn lines={lines} metric={metric} look={look} zoom={setPart} />
              <figcaption class="row">
                {part ? (
                  <button type="button" onClick={() => setPart(undefined)}>
                    Show all
                  </button>
                ) : null}
                {runs.length === 1
                  ? null
                  : lines.slice(0, NAMED).map((line, k) => (
                      <span class={`legend line-${k % MARKS.length}`} key={line.name} title={line.name}>
                        {line.name.slice(-12)}
                      </span>
                    ))}
                {lines.length > NAMED ? <span>{`and ${lines.length - NAMED} more`}</span> : null}
                <Left lines={lines} look={look} of={series} metric={metric} />
              </figcaption>
            </>
          );
        }}
      </Answer>
    </figure>
  );
}

type Line = ReturnType<typeof lineOf>;

const within = (line: Line, [from, to]: readonly [number, number]): Line => {
  const kept = line.x.flatMap((place, at) => (place >= from && place <= to ? [at] : []));
  return {
    ...line,
    x: kept.flatMap((at) => line.x[at] ?? []),
    y: kept.map((at) => line.y[at] ?? null),
  };
};

/** What a picture leaves out is said. */
function Left(props: {
  lines: readonly Line[];
  look: ReturnType<typeof useLook>;
  of: readonly { readonly name: string; readonly special: readonly { step: number; value: string }[] }[];
  metric: string;
}) {
  const { lines, look, of, metric } = props;
  const special = of.filter(({ name }) => name === metric).flatMap((one) => one.special);
  const below = look.isLogY
    ? lines.flatMap(({ y }) => y.filter((value) => value !== null && value <= 0)).length
    : 0;
  const left = look.isLogX ? lines.flatMap(({ x }) => x.filter((place) => place <= 0)).length : 0;
  const words = [
    ...(special.length === 0
      ? []
      : [
          `${special.length} measurements are no numbers, the first (${special[0]?.value}) at step ${special[0]?.step}`,
        ]),
    ...(below === 0 ? [] : [`${below} values at or below 0 have no place on a logarithmic axis`]),
    ...(left === 0 ? [] : [`${left} places at or before 0 have none on a logarithmic axis`]),
  ];
  return words.length === 0 ? null : <span class="quiet">{`${words.join('; ')}.`}</span>;
}

function Drawn(props: {
  lines: readonly Line[];
  metric: string;
  look: ReturnType<typeof useLook>;
  zoom: (part: readonly [number, number] | undefined) => void;
}) {
  const { metric, look, zoom } = props;
  const { along, isLogX, isLogY } = look;
  const lines = props.lines.map(
    (line): Line => ({
      ...line,
      ...(isLogY ? { y: line.y.map((value) => (value !== null && value <= 0 ? null : value)) } : {}),
    }),
  );
  const places = isLogX ? lines.map((line) => within(line, [Number.MIN_VALUE, Number.MAX_VALUE])) : lines;
  const ends = lines.flatMap(({ y }) => y.findLast((value) => value !== null) ?? []);
  const words =
    ends.length === 0
      ? 'nothing measured'
      : ends.length === 1
        ? `last ${ends[0]}`
        : `last values from ${Math.min(...ends)} to ${Math.max(...ends)}`;
  return (
    <PlotBox
      lines={places}
      of={JSON.stringify([places, along, isLogX, isLogY])}
      about={`${metric} of ${lines.length} ${lines.length === 1 ? 'run' : 'runs'} by ${along}: ${words}`}
      look={{ isLogX, isLogY, isTime: along === 'time', zoom }}
    />
  );
}
