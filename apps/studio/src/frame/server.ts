import { createClient, type OperationsIn } from '@trestle/client';
import type { InputOf, OutputOf } from '@trestle/kernel/spec';
import type { dataPlugin } from '@trestle/plugin-data';
import type { monitoringPlugin } from '@trestle/plugin-monitoring';
import type { pipelinePlugin } from '@trestle/plugin-pipeline';
import type { registryPlugin } from '@trestle/plugin-registry';
import type { servingPlugin } from '@trestle/plugin-serving';
import type { systemPlugin } from '@trestle/plugin-system';
import type { trackingPlugin } from '@trestle/plugin-tracking';
import type { trainingPlugin } from '@trestle/plugin-training';
import { setConnection } from './connection.ts';

/** The operations that pages are written for, as types: those of other plugins are drawn from what the server says of them. */
type Known = OperationsIn<
  | typeof dataPlugin
  | typeof monitoringPlugin
  | typeof pipelinePlugin
  | typeof registryPlugin
  | typeof servingPlugin
  | typeof systemPlugin
  | typeof trackingPlugin
  | typeof trainingPlugin
>;
export type Id = Known['id'];
type Operation<I extends Id> = Extract<Known, { readonly id: I }>;
export type Input<I extends Id> = InputOf<Operation<I>>;
/** What an operation answers: `Output<'data.list'>`. */
export type Output<I extends Id> = OutputOf<Operation<I>>;

const TOKEN_KEY = 'trestle-token';

/** Kept for this tab only. */
export const setToken = (token: string): void => sessionStorage.setItem(TOKEN_KEY, token);

/** The server that this page comes from, at the folder that it comes from. */
export const server = createClient<Known>({
  url: new URL('.', document.baseURI).href,
  token: () => sessionStorage.getItem(TOKEN_KEY) ?? undefined,
  fetch: heard,
});

/** Asks, and tells the frame whether anybody answers, and whether they want to know who calls. */
async function heard(...request: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...request).catch((cause: unknown) => {
    if (!request[1]?.signal?.aborted) setConnection('offline');
    throw cause;
  });
  setConnection(response.status === 401 ? 'unknown-caller' : 'ok');
  return response;
}
