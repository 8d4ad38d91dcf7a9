import type { Metadata } from '@trestle/store';
import type { MonitoringTables } from '../tables.ts';

export type JsonRow = Readonly<Record<string, unknown>>;

/** One row of a logged request. */
export interface LoggedRow {
  readonly prediction: string;
  readonly row: number;
  readonly time: string;
  readonly input: JsonRow;
  readonly output: JsonRow;
}

export interface WindowOf {
  readonly deployment: string;
  readonly model: { readonly name: string; readonly version: number };
}

const PAGE = 200;

/** The newest rows that a model answered for a deployment, newest first. */
export async function readWindow(metadata: Metadata, of: WindowOf, rows: number): Promise<LoggedRow[]> {
  const window: LoggedRow[] = [];
  for (let offset = 0; window.length < rows; offset += PAGE) {
    const requests = await metadata
      .query<MonitoringTables>()
      .selectFrom('monitoring_predictions')
      .select(['id', 'time', 'inputs', 'outputs'])
      .where('deployment', '=', of.deployment)
      .where('model', '=', of.model.name)
      .where('version', '=', of.model.version)
      .orderBy('time', 'desc')
      .orderBy('id')
      .limit(PAGE)
      .offset(offset)
      .execute();
    for (const request of requests) window.push(...rowsOf(request));
    if (requests.length < PAGE) break;
  }
  return window.slice(0, rows);
}

interface Request {
  readonly id: string;
  readonly time: string;
  readonly inputs: string;
  readonly outputs: string;
}

/** The rows of a request, as the plugin itself wrote them. */
export function rowsOf(request: Request): LoggedRow[] {
  const outputs = parseRows(request.outputs);
  return parseRows(request.inputs).map((input, row) => ({
    prediction: request.id,
    row,
    time: request.time,
    input,
    output: outputs[row] ?? {},
  }));
}

function parseRows(json: string): JsonRow[] {
  const rows: unknown = JSON.parse(json);
  return Array.isArray(rows) ? rows.filter(isRow) : [];
}

const isRow = (value: unknown): value is JsonRow => typeof value === 'object' && value !== null;
