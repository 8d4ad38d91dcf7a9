import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { dataPlugin } from '@trestle/plugin-data';
import { monitoringPlugin } from '@trestle/plugin-monitoring';
import { modelRegister, registryPlugin } from '@trestle/plugin-registry';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { type TemporaryProject, temporaryProject, tinyModel } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployOperation, servingPlugin } from '../index.ts';

/** A decoder with random weights in Hugging Face's layout, and what PyTorch has it write; files in base64. */
const { decoder } = JSON.parse(
  await readFile(
    new URL('../../../../packages/formats/src/fixtures/text-models.json', import.meta.url),
    'utf8',
  ),
);

describe('a text that is read while it is written', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeAll(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin, registryPlugin, servingPlugin, monitoringPlugin, trackingPlugin]);
    for (const [path, content] of Object.entries(decoder.files)) {
      const to = join(project.dir, 'decoder', path);
      await mkdir(dirname(to), { recursive: true });
      await writeFile(to, Buffer.from(String(content), 'base64'));
    }
    await writeFile(join(project.dir, 'tiny.onnx'), tinyModel(1));
    for (const [file, name] of [
      ['decoder', 'writer'],
      ['tiny.onnx', 'tiny'],
    ] as const) {
      await host.run(modelRegister, { file, name }, { surface: 'cli' });
      await host.run(deployOperation, { model: `${name}@1` });
    }
  });
  afterAll(() => project.remove());

  const ask = async (deployment: string, row: object): Promise<Response> => {
    const route = servingPlugin.routes.find(({ path }) => path === '/v1/predict/:deployment');
    if (!route) throw new RangeError('no route');
    const context = host.context({ id: 'POST', access: route.access }, { surface: 'http' });
    const request = new Request('http://localhost/', {
      ...{ method: 'POST', body: JSON.stringify({ rows: [row] }) },
      headers: { accept: 'text/event-stream' },
    });
    const answer = await (await route.load())(context, request, { deployment });
    if (answer instanceof Response) return answer;
    throw new TypeError('it is not streamed');
  };
  const eventsOf = (text: string) =>
    text
      .split('\n\n')
      .filter((block) => block !== '')
      .map((block) => {
        const [, name = '', data = ''] = /^event: (\w+)\ndata: (.*)$/s.exec(block) ?? [];
        return { name, data: JSON.parse(data) };
      });

  it('comes piece by piece, and at last whole', async () => {
    const response = await ask('writer', decoder.rows[0]);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = eventsOf(await response.text());
    const last = events.pop();
    expect(last).toMatchObject({ name: 'done', data: { predictions: [decoder.answers[0]] } });
    expect(events.length).toBeGreaterThan(3);
    expect(events.map(({ data }) => data.text).join('')).toBe(decoder.answers[0].text);
  });

  it('stops where its reader goes, and the thread takes the next one', async () => {
    const reader = (await ask('writer', { text: 'on', max_tokens: 60 })).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    const response = await ask('writer', { text: 'on', max_tokens: 2 });
    expect(eventsOf(await response.text()).at(-1)).toMatchObject({ name: 'done' });
  });

  it.each([
    ['a row that is wrong', 'writer', { text: 'on', top_p: 2 }, 'TRS_MODEL_ROW_INVALID'],
    ['a model that writes nothing', 'tiny', { x: 1 }, 'TRS_SERVING_NO_PIECES'],
  ])('is refused as any request: %s', async (_, deployment, row, code) => {
    await expect(ask(deployment, row)).rejects.toMatchObject({ code });
  });
});
