import { useState } from 'preact/hooks';
import { UnitCurve } from '../../chart/unit-curve.tsx';
import { count, metric, number } from '../../format.ts';
import { useParameter } from '../../frame/route.ts';
import type { Output } from '../../frame/server.ts';
import { Table } from '../../ui/table.tsx';

type Run = Output<'run.show'>;
type Pictures = NonNullable<Run['pictures']>;
type Thresholds = NonNullable<Pictures['thresholds']>;

/** What an evaluation on the held-out rows looks like. */
export function EvaluationPictures({ of: run }: { of: Run }) {
  const { pictures } = run;
  if (!pictures) return null;
  const { thresholds, calibration, residuals } = pictures;
  return (
    <>
      {thresholds ? (
        <TwoClasses
          of={thresholds}
          calibration={calibration ?? []}
          used={run.threshold ?? 0.5}
          positive={run.positive?.class ?? 'the positive class'}
        />
      ) : null}
      {residuals ? <Residuals of={residuals} /> : null}
    </>
  );
}

/** The counts where everything at or above a threshold is said to be positive. */
function countsAt(
  { at, truePositives, falsePositives, positives, negatives }: Thresholds,
  threshold: number,
) {
  // The thresholds fall; what is above all of them is said of nothing.
  const place = at.findLastIndex((one) => one >= threshold);
  const found = place < 0 ? 0 : (truePositives[place] ?? 0);
  const wrong = place < 0 ? 0 : (falsePositives[place] ?? 0);
  return { found, wrong, missed: positives - found, right: negatives - wrong };
}

function TwoClasses(props: {
  of: Thresholds;
  calibration: NonNullable<Pictures['calibration']>;
  used: number;
  positive: string;
}) {
  const { of, calibration, used, positive } = props;
  const [asked, setAsked] = useParameter('threshold');
  const [cost, setCost] = useState({ wrong: 1, missed: 1 });
  const threshold = asked === '' || !Number.isFinite(Number(asked)) ? used : Number(asked);
  const { found, wrong, missed, right } = countsAt(of, threshold);
  const { positives, negatives } = of;
  const rate = (a: number, b: number): number | null => (a + b === 0 ? null : a / (a + b));
  const [precision, recall] = [rate(found, wrong), rate(found, missed)];
  const costOf = (one: { readonly wrong: number; readonly missed: number }): number =>
    one.wrong * cost.wrong + one.missed * cost.missed;
  const cheapest = of.at
    .map((at) => ({ at, cost: costOf(countsAt(of, at)) }))
    .reduce((best, one) => (one.cost < best.cost ? one : best), { at: 1.01, cost: positives * cost.missed });
  const roc = of.truePositives.map((one, k) => ({
    x: (of.falsePositives[k] ?? 0) / negatives,
    y: one / positives,
  }));
  const precisions = of.truePositives.map((one, k) => ({
    x: one / positives,
    y: one / (one + (of.falsePositives[k] ?? 0)),
  }));
  const costInput = (name: 'wrong' | 'missed', label: string) => (
    <label>
      {label}{' '}
      <input
        class="short"
        type="number"
        min="0"
        step="any"
        value={cost[name]}
        onInput={(event) => {
          const value = event.currentTarget.valueAsNumber;
          if (Number.isFinite(value) && value >= 0) setCost({ ...cost, [name]: value });
        }}
      />
    </label>
  );
  return (
    <>
      <h2>Threshold and cost</h2>
      <p class="row">
        <label>
          Threshold{' '}
          <input
            type="range"
            min="0"
            max="1"
            step="0.005"
            value={threshold}
            onInput={(event) => setAsked(event.currentTarget.value)}
          />{' '}
          <output>{number(threshold)}</output>
        </label>
        <button type="button" onClick={() => setAsked('')}>
          As it is used
        </button>
        {costInput('wrong', 'A false alarm costs')}
        {costInput('missed', 'A miss costs')}
        <button type="button" onClick={() => setAsked(String(cheapest.at))}>
          {`The cheapest: ${number(cheapest.cost)}`}
        </button>
      </p>
      <p role="status">
        {`At ${number(threshold)}: precision ${metric(precision)}, recall ${metric(recall)}, cost ${number(costOf({ wrong, missed }))}.`}
        {threshold === used ? '' : ` The model is packaged with ${number(used)}.`}
      </p>
      <Table
        caption="What is taken for what at this threshold"
        rows={[
          { is: positive, yes: found, no: missed },
          { is: 'others', yes: wrong, no: right },
        ]}
        columns={[
          { label: 'is', cell: ({ is }) => is },
          { label: `said to be ${positive}`, isNumber: true, cell: ({ yes }) => count(yes) },
          { label: 'said to be others', isNumber: true, cell: ({ no }) => count(no) },
        ]}
      />
      <div class="cards curves">
        <figure class="card">
          <h3>ROC</h3>
          <UnitCurve
            points={[{ x: 0, y: 0 }, ...roc]}
            xLabel="share of the others taken for it"
            yLabel="share that is found"
            about={`ROC curve over ${positives + negatives} held-out rows`}
            reference={[
              { x: 0, y: 0 },
              { x: 1, y: 1 },
            ]}
            marked={{ x: wrong / negatives, y: found / positives }}
          />
        </figure>
        <figure class="card">
          <h3>Precision and recall</h3>
          <UnitCurve
            points={precisions}
            xLabel="recall"
            yLabel="precision"
            about={`Precision by recall; ${metric(positives / (positives + negatives))} of the rows are ${positive}`}
            reference={[
              { x: 0, y: positives / (positives + negatives) },
              { x: 1, y: positives / (positives + negatives) },
            ]}
            marked={precision === null || recall === null ? undefined : { x: recall, y: precision }}
          />
        </figure>
        {calibration.length === 0 ? null : (
          <figure class="card">
            <h3>Calibration</h3>
            <UnitCurve
              points={calibration.map(({ said, is }) => ({ x: said, y: is }))}
              xLabel="probability that is said"
              yLabel="share that is"
              about={`Calibration in ${calibration.length} bins of about ${calibration[0]?.rows} rows`}
              reference={[
                { x: 0, y: 0 },
                { x: 1, y: 1 },
              ]}
              hasDots
            />
          </figure>
        )}
      </div>
    </>
  );
}

function Residuals({ of: { predicted, actual, ofRows } }: { of: NonNullable<Pictures['residuals']> }) {
  const off = predicted.map((value, at) => value - (actual[at] ?? 0));
  const [low, high] = [Math.min(...predicted), Math.max(...predicted)];
  const reach = Math.max(...off.map(Math.abs), 1e-12);
  return (
    <>
      <h2>Residuals</h2>
      <p class="quiet">
        {`Predicted less actual, from −${number(reach)} to ${number(reach)}, by what is predicted, from ${number(low)} to ${number(high)}${predicted.length < ofRows ? `: ${predicted.length} of ${count(ofRows)} held-out rows` : ''}.`}
      </p>
      <figure class="card">
        <svg
          class="chart tall"
          viewBox="0 0 560 240"
          role="img"
          aria-label={`Residuals of ${predicted.length} rows, at most ${number(reach)}`}
        >
          <line class="limit" x1={8} y1={120} x2={552} y2={120} />
          {predicted.map((value, at) => (
            <circle
              key={at}
              class="dot"
              cx={12 + ((value - low) / (high - low || 1)) * 536}
              cy={120 - ((off[at] ?? 0) / reach) * 108}
              r={3}
            />
          ))}
        </svg>
      </figure>
    </>
  );
}
