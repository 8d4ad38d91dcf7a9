/** The plugin's tables. Times are ISO 8601 in UTC; `inputs`, `outputs`, `label`, `report` and `details` hold JSON. */
export interface MonitoringTables {
  monitoring_predictions: {
    id: string;
    deployment: string;
    revision: number;
    model: string;
    version: number;
    time: string;
    latency_ms: number;
    row_count: number;
    inputs: string;
    outputs: string;
    /** 1 once its rows are counted in the roll-ups. */
    rolled: number;
  };
  /** Labels of predictions that have not come yet; only of what runs elsewhere. */
  monitoring_early_labels: {
    deployment: string;
    prediction: string;
    row: number;
    label: string;
    time: string;
  };
  /** The request or the response of an inference of which the other has not come yet. */
  monitoring_halves: {
    deployment: string;
    id: string;
    /** `request` or `response`. */
    kind: string;
    body: string;
    time: string;
  };
  /** Rows counted over a time, by what their values are: whatever is asked about them later is answered from here. */
  monitoring_rollups: {
    deployment: string;
    model: string;
    version: number;
    /** What values were counted against: `training`, or a dataset version. */
    reference: string;
    /** `minute`, `hour`, `day`. A row is counted in one of them. */
    span: string;
    /** ISO 8601, UTC. */
    start: string;
    /** Empty for all rows, else `feature=value`. */
    segment: string;
    row_count: number;
    counts: string;
  };
  /** What the checks of a budget remember from block to block. */
  monitoring_detectors: {
    deployment: string;
    model: string;
    version: number;
    /** What its streams are; another list is another detector. */
    streams: string;
    /** The end of the newest block that was looked at. */
    until: string;
    blocks: number;
    /** Float64, little-endian, in base64. */
    memory: string;
    /** The newest look and the alarms of the budget's time. */
    state: string;
  };
  monitoring_labels: {
    prediction: string;
    row: number;
    deployment: string;
    label: string;
    time: string;
    /** How often the label was changed after it first came. */
    changes: number;
  };
  /** Counts that outlive the predictions' retention. */
  monitoring_traffic: {
    deployment: string;
    model: string;
    version: number;
    requests: number;
    row_count: number;
    latency_ms: number;
    labels: number;
    /** Labels that came again with another value. */
    label_changes: number;
    /** Predicted rows of which a feature was missing that never was in training. */
    imputed_rows: number;
  };
  /** Requests that were not answered, for no fault of the caller's. */
  monitoring_failures: {
    deployment: string;
    model: string;
    version: number;
    minute: string;
    code: string;
    failures: number;
  };
  monitoring_checks: {
    id: string;
    deployment: string;
    model: string;
    version: number;
    time: string;
    /** Predicted rows and labels of the deployment at the time: without more of them there is nothing to check. */
    seen_rows: number;
    seen_labels: number;
    drift: string;
    performance: string;
  };
  monitoring_alerts: {
    id: string;
    /** `deployment/kind`, or `deployment/kind/feature`, while the alert is open, so that there is never a second one; null afterwards. */
    open_key: string | null;
    deployment: string;
    kind: string;
    state: string;
    model: string;
    version: number;
    summary: string;
    details: string;
    opened_at: string;
    acknowledged_by: string | null;
    resolved_at: string | null;
    resolution: string | null;
    job: string | null;
    /** These three are null on what was raised before there were incidents. `features` is a list of names. */
    severity: string | null;
    features: string | null;
    incident: string | null;
  };
  monitoring_incidents: {
    id: string;
    deployment: string;
    model: string;
    version: number;
    state: string;
    severity: string;
    title: string;
    /** A list of `{name, importance?}`. */
    features: string;
    /** A list of kinds of alerts. */
    kinds: string;
    opened_at: string;
    changed_at: string;
    acknowledged_by: string | null;
    acknowledged_at: string | null;
    silenced_until: string | null;
    resolved_at: string | null;
    resolution: string | null;
  };
  /** What a channel has to be told of, was told, or could not be. */
  monitoring_deliveries: {
    channel: string;
    /** Of the event. */
    seq: number;
    time: string;
    alert: string;
    incident: string | null;
    says: 'fired' | 'resolved';
    /** The alert, as it was then. */
    payload: string;
    attempts: number;
    next_at: string;
    error: string | null;
    /** Null while it waits. */
    outcome: 'told' | 'moot' | 'given-up' | null;
    ended_at: string | null;
  };
  /** What happened to an incident, from 1. */
  monitoring_incident_history: {
    incident: string;
    seq: number;
    time: string;
    actor: string;
    what: string;
    text: string;
  };
}
