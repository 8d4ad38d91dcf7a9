import { readFile, stat } from 'node:fs/promises';
import { issueWords, placeInJson } from '@trestle/kernel';
import { monitorError } from '../monitor-error.ts';
import { feedbackBodySchema, type LabelEntry, labelEntrySchema } from './feedback-schemas.ts';

const MAX_FILE_BYTES = 64 * 2 ** 20;

/**
 * Reads labels from a file: JSON (`{"labels": […]}` or the array alone) or JSON lines, told apart by the content.
 *
 * @throws TRS_MONITOR_LABEL_FILE_TOO_LARGE, TRS_MONITOR_LABELS_INVALID naming the entry and the reason
 */
export async function readLabelFile(path: string): Promise<LabelEntry[]> {
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES) {
    throw monitorError('LABEL_FILE_TOO_LARGE', {
      kind: 'too-large',
      message: `The label file has ${size} bytes; ${MAX_FILE_BYTES} are accepted.`,
      hint: 'Split the file and send the parts one after the other.',
    });
  }
  const text = decode(await readFile(path));
  return holdsLines(text) ? linesOf(text) : entriesOf(parseJson(text, 'the file'));
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid('the file', 'it is no UTF-8 text');
  }
}

/** The first line is a whole object that is not `{"labels": …}`. */
function holdsLines(text: string): boolean {
  const first = text.trimStart().split('\n', 1)[0] ?? '';
  try {
    const value: unknown = JSON.parse(first);
    return typeof value === 'object' && value !== null && !Array.isArray(value) && !('labels' in value);
  } catch {
    return false;
  }
}

const linesOf = (text: string): LabelEntry[] =>
  text.split('\n').flatMap((line, index) => {
    const where = `line ${index + 1}`;
    return line.trim() === '' ? [] : [parseEntry(parseJson(line, where), where)];
  });

function entriesOf(value: unknown): LabelEntry[] {
  const entries = Array.isArray(value) ? value : labelsMember(value);
  return entries.map((entry, index) => parseEntry(entry, `entry ${index}`));
}

function labelsMember(value: unknown): readonly unknown[] {
  if (typeof value === 'object' && value !== null && 'labels' in value && Array.isArray(value.labels))
    return value.labels;
  throw invalid('the file', 'it holds neither "labels" nor a list of them');
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(where, `it is no JSON (${placeInJson(cause, text)})`);
  }
}

function parseEntry(value: unknown, where: string): LabelEntry {
  const result = labelEntrySchema.safeParse(value, { error: issueWords });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw invalid(where, `${issue?.path.join('.') || 'it'}: ${issue?.message}`);
}

/** Checks the body of the HTTP route. @throws TRS_MONITOR_LABELS_INVALID */
export function parseFeedbackBody(value: unknown): readonly LabelEntry[] {
  const result = feedbackBodySchema.safeParse(value, { error: issueWords });
  if (result.success) return result.data.labels;
  const issue = result.error.issues[0];
  throw invalid(issue?.path.join('.') || 'the body', issue?.message ?? 'not valid');
}

function invalid(where: string, reason: string) {
  return monitorError('LABELS_INVALID', {
    kind: 'invalid',
    message: `The labels cannot be used: ${where}: ${reason}.`,
    hint: 'Send {"labels": [{"id": "p-…", "row": 0, "label": "yes"}]}; row may be left out for the first row.',
    details: { where, reason },
  });
}
