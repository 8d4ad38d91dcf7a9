import { createClient } from '@trestle/client';
import type { echoPlugin } from './test-plugin.test.setup.ts';

// What a page bundles: the client, of which the operations are types alone.

/** Calls a query, a job and something that fails, and says what came of it. */
export async function tryClient(url: string) {
  const client = createClient<typeof echoPlugin>({ url });
  const steps: string[] = [];
  const { said } = await client.echo.say({ text: 'hello', times: 2 });
  const { counted } = await client.echo.long({ steps: 6 }, { onProgress: ({ step }) => steps.push(step) });
  const refused: unknown = await client.echo.say({ text: '', times: 9 }).catch((thrown: unknown) => thrown);
  return { said, counted, steps, refused: refused instanceof Error && { ...refused, text: refused.message } };
}
