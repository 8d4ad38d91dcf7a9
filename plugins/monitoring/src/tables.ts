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
    /** `deployment/kind` while the alert is open, so that there is never a second one; null afterwards. */
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
  };
}
