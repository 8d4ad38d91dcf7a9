import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type Client,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { type Host, OPEN_ACCESS, plugin } from '@trestle/kernel';
import { systemPlugin, tokenCreate } from '@trestle/plugin-system';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { service as healthService } from 'grpc-health-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, serverConfig, startServer } from '../index.ts';
import { serverError } from '../server-error.ts';

const PROTO = `syntax = "proto3"; package echo;
service Echo {
  rpc Say(Text) returns (Text); rpc Slow(Text) returns (Text); rpc Ready(Text) returns (Text);
  rpc Missing(Text) returns (Text); rpc Again(stream Text) returns (stream Text); }
message Text { string text = 1; }`;

type Calls = Client &
  Readonly<
    Record<string, (...args: readonly unknown[]) => NodeJS.ReadWriteStream & AsyncIterable<{ text: string }>>
  >;

describe('gRPC', () => {
  let folder: string;
  let project: TemporaryProject;
  let host: Host;
  let server: RunningServer;
  let client: Calls;
  let secret: string;
  let isSlow: () => void = () => {};
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trestle-grpc-'));
    const proto = join(folder, 'echo.proto');
    await writeFile(proto, PROTO);
    const say =
      async () =>
      async (_ctx: unknown, { text }: Readonly<Record<string, unknown>>) => {
        if (text === 'bad')
          throw serverError('TEST', { kind: 'invalid', message: 'It is bad.', hint: 'Be good.' });
        if (text === 'broken') throw new Error('secret internals of /etc');
        return { text };
      };
    const echo = plugin({
      name: 'echo',
      version: '1.0.0',
      grpc: [
        {
          proto: pathToFileURL(proto),
          name: 'echo.Echo',
          methods: {
            Say: { access: 'echo:read', load: say },
            Slow: {
              access: 'echo:read',
              load: async () => async (_ctx, message) => {
                isSlow();
                await new Promise((resolve) => setTimeout(resolve, 200));
                return message;
              },
            },
            Ready: { access: OPEN_ACCESS, load: say },
            Again: { access: 'echo:read', failed: (text) => ({ text: `no: ${text}` }), load: say },
          },
        },
      ],
    });
    project = await temporaryProject();
    await writeFile(
      join(project.dir, 'trestle.config.json'),
      JSON.stringify({ server: { auth: 'tokens', rateLimit: { max: 30, windowMs: 60_000 } } }),
    );
    host = await project.open([systemPlugin, echo], { sections: [serverConfig] });
    secret = (await host.run(tokenCreate, { name: 'all', scopes: ['*:*'] })).secret;
    server = await startServer(host, { port: 0, grpcPort: 0, host: '127.0.0.1' });
    const loaded = loadPackageDefinition(loadSync(proto)) as unknown as {
      echo: { Echo: new (address: string, credentials: unknown) => Calls };
    };
    client = new loaded.echo.Echo(String(server.grpc), credentials.createInsecure());
  });
  afterAll(async () => {
    client.close();
    await server.close();
    await project.remove();
    await rm(folder, { recursive: true });
  });

  const shown = (token = secret): Metadata => {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    return metadata;
  };
  const ask = (method: string, text: string, metadata = shown()) =>
    new Promise<{ text?: string; code?: status; details?: string; trailers?: object }>((resolve) =>
      client[method]?.({ text }, metadata, (error: ServiceError | null, answer: { text: string }) =>
        resolve(
          error
            ? { code: error.code, details: error.details, trailers: error.metadata.getMap() }
            : { text: answer.text },
        ),
      ),
    );

  it('answers whoever may ask', async () => {
    expect(await ask('Say', 'hello')).toEqual({ text: 'hello' });
    expect(await ask('Ready', 'hello', new Metadata())).toEqual({ text: 'hello' });
  });

  it('asks who calls, and what they may', async () => {
    const { secret: narrow } = await host.run(tokenCreate, { name: 'narrow', scopes: ['nothing:read'] });
    expect(await ask('Say', 'x', new Metadata())).toMatchObject({ code: status.UNAUTHENTICATED });
    expect(await ask('Say', 'x', shown('trs_wrong'))).toMatchObject({ code: status.UNAUTHENTICATED });
    expect(await ask('Say', 'x', shown(narrow))).toMatchObject({
      code: status.PERMISSION_DENIED,
      trailers: { 'trestle-code': 'TRS_SERVER_ACCESS_DENIED' },
    });
  });

  it('says what is wrong in the words of the error, and no innards', async () => {
    expect(await ask('Say', 'bad')).toMatchObject({ code: status.INVALID_ARGUMENT, details: 'It is bad.' });
    const { code, details } = await ask('Say', 'broken');
    expect([code, details]).toEqual([status.INTERNAL, expect.not.stringContaining('secret')]);
    expect(await ask('Missing', 'x')).toMatchObject({ code: status.UNIMPLEMENTED });
  });

  it('answers a stream message by message, in order, also those that fail', async () => {
    const stream = client.Again?.(shown());
    const answers: string[] = [];
    stream?.on('data', ({ text }: { text: string }) => answers.push(text));
    for (const text of ['1', 'bad', '2']) (stream as unknown as { write(m: object): void }).write({ text });
    stream?.end();
    await new Promise((resolve) => stream?.once('end', resolve));
    expect(answers).toEqual(['1', 'no: It is bad.', '2']);
  });

  it('has the standard service of health, and counts the calls of each caller', async () => {
    const health = new (
      loadPackageDefinition({ health: healthService as never }).health as unknown as new (
        ...args: readonly unknown[]
      ) => Calls
    )(String(server.grpc), credentials.createInsecure());
    const checked = await new Promise((resolve) =>
      health.check?.({ service: 'echo.Echo' }, (_error: unknown, answer: object) => resolve(answer)),
    );
    expect(checked).toMatchObject({ status: 'SERVING' });
    health.close();
    const codes = await Promise.all(Array.from({ length: 40 }, async () => (await ask('Say', 'x')).code));
    expect(codes.filter((code) => code === status.RESOURCE_EXHAUSTED).length).toBeGreaterThanOrEqual(10);
  });

  it('answers what is under way when it ends', async () => {
    const { secret: other } = await host.run(tokenCreate, { name: 'other', scopes: ['*:*'] });
    const begun = new Promise<void>((resolve) => {
      isSlow = resolve;
    });
    const slow = ask('Slow', 'late', shown(other));
    await begun;
    await server.close();
    expect(await slow).toEqual({ text: 'late' });
    expect(await ask('Say', 'x', shown(other))).toMatchObject({ code: status.UNAVAILABLE });
  });
});
