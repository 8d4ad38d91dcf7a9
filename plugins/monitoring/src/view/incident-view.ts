import type { Incident, IncidentDetails } from '@trestle/contracts';
import type { View } from '@trestle/kernel';

const TONES = { critical: 'bad', warning: 'warn', info: 'info' } as const;
/** Features that are shown with what the model uses of them. */
const MAX_FEATURES = 10;

export function incidentListViews(incidents: readonly Incident[]): View[] {
  if (incidents.length === 0) return [{ kind: 'note', tone: 'good', text: 'No incidents.' }];
  return [
    {
      kind: 'table',
      columns: [
        { key: 'incident', label: 'incident' },
        { key: 'severity', label: 'severity' },
        { key: 'state', label: 'state' },
        { key: 'deployment', label: 'deployment' },
        { key: 'since', label: 'since' },
        { key: 'alerts', label: 'alerts', align: 'right' },
        { key: 'what', label: 'what' },
      ],
      rows: incidents.map((one) => ({
        incident: one.incident,
        severity: one.severity,
        state: stateOf(one),
        deployment: one.deployment,
        since: one.openedAt,
        alerts: one.alerts.length,
        what: one.resolution ?? one.title,
      })),
    },
    { kind: 'note', tone: 'info', text: 'See "trestle incident show INCIDENT" for its alerts and history.' },
  ];
}

const stateOf = ({ state, silencedUntil }: Pick<Incident, 'state' | 'silencedUntil'>): string =>
  state !== 'resolved' && silencedUntil !== undefined && Date.parse(silencedUntil) > Date.now()
    ? `${state}, silenced`
    : state;

export function incidentViews(incident: IncidentDetails): View[] {
  const { severity, state, title, features, alerts, history, acknowledgedBy, silencedUntil, resolution } =
    incident;
  const known = features.flatMap(({ name, importance }) =>
    importance === undefined ? [] : [{ label: name, value: importance, note: percent(importance) }],
  );
  return [
    { kind: 'heading', text: `${incident.incident} · ${incident.deployment}` },
    { kind: 'note', tone: state === 'resolved' ? 'good' : TONES[severity], text: title },
    {
      kind: 'facts',
      facts: [
        ['severity', severity],
        ['state', stateOf(incident)],
        ['model', `${incident.model.name}@${incident.model.version}`],
        ['since', incident.openedAt],
        ...(acknowledgedBy === undefined ? [] : [['looked after by', acknowledgedBy] as const]),
        ...(silencedUntil === undefined ? [] : [['silenced until', silencedUntil] as const]),
        ...(resolution === undefined ? [] : [['resolved', resolution] as const]),
        ...(features.length > 0 && known.length === 0
          ? [['features', features.map(({ name }) => name).join(', ')] as const]
          : []),
      ],
    },
    ...(known.length === 0
      ? []
      : [{ kind: 'bars' as const, title: 'Of what the model uses', bars: known.slice(0, MAX_FEATURES) }]),
    {
      kind: 'table',
      title: 'Alerts of one cause',
      columns: [
        { key: 'alert', label: 'alert' },
        { key: 'kind', label: 'kind' },
        { key: 'severity', label: 'severity' },
        { key: 'state', label: 'state' },
        { key: 'since', label: 'since' },
        { key: 'what', label: 'what' },
      ],
      rows: alerts.map((alert) => ({
        alert: alert.alert,
        kind: alert.kind,
        severity: alert.severity,
        state: alert.state,
        since: alert.openedAt,
        what: alert.resolution ?? alert.summary,
      })),
    },
    {
      kind: 'table',
      title: 'What happened',
      columns: [
        { key: 'time', label: 'when' },
        { key: 'actor', label: 'who' },
        { key: 'what', label: 'what' },
        { key: 'text', label: '' },
      ],
      rows: history.map((entry) => ({ ...entry })),
    },
  ];
}

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
