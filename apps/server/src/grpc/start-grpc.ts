import { fileURLToPath } from 'node:url';
import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { type GrpcMessage, type GrpcMethod, type Host, invariant, touchedBy } from '@trestle/kernel';
import { HealthImplementation } from 'grpc-health-check';
import { callersOf } from '../door/access.ts';
import type { RequestCount } from '../door/rate-limit.ts';
import { type Admit, admission } from './admit.ts';
import { statusOf } from './grpc-status.ts';

export interface RunningGrpc {
  /** `127.0.0.1:7071` */
  readonly address: string;
  /** Drains: tells that it takes no more, answers what is under way, then ends. */
  close(timeoutMs: number): Promise<void>;
}

/** As the HTTP routes of predictions take it. */
const MAX_MESSAGE_BYTES = 16 * 2 ** 20;

/** The services of plugins over gRPC, with the standard services of health and reflection. Whoever calls passes the same door as over HTTP. */
export async function startGrpc(
  host: Host,
  options: { readonly port: number; readonly host: string; readonly count: RequestCount },
): Promise<RunningGrpc> {
  const callers = await callersOf(host);
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': -1,
  });
  let isDraining = false;
  const admit = admission(host, { callers, count: options.count });
  const services = host.plugins.flatMap((plugin) => plugin.grpc ?? []);
  const packages = services.map(({ proto }) =>
    loadSync(fileURLToPath(proto), {
      keepCase: true,
      longs: String,
      enums: String,
      defaults: true,
      oneofs: true,
    }),
  );
  for (const [at, { name, methods }] of services.entries()) {
    const definition = invariant(
      packages[at]?.[name],
      `the service ${name} in its proto file`,
    ) as ServiceDefinition;
    const handlers: UntypedServiceImplementation = {};
    for (const [method, { requestStream }] of Object.entries(definition)) {
      const known = methods[method];
      // What a plugin does not have is answered as unimplemented.
      if (!known) continue;
      const id = `${name}/${method}`;
      handlers[method] = requestStream
        ? streamed(admit, id, known)
        : unary(admit, id, known, () => isDraining);
    }
    server.addService(definition, handlers);
  }
  const health = new HealthImplementation({ '': 'SERVING', ...serving(services) });
  health.addToServer(server);
  new ReflectionService(Object.assign({}, ...packages)).addToServer(server);
  const shownHost = options.host.includes(':') ? `[${options.host}]` : options.host;
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`${shownHost}:${options.port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(Object.assign(error, { code: 'EADDRINUSE' })) : resolve(bound),
    ),
  );
  return {
    address: `${shownHost}:${port}`,
    async close(timeoutMs) {
      isDraining = true;
      for (const name of ['', ...services.map((service) => service.name)])
        health.setStatus(name, 'NOT_SERVING');
      const late = setTimeout(() => server.forceShutdown(), timeoutMs);
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      clearTimeout(late);
    },
  };
}

const serving = (services: readonly { readonly name: string }[]) =>
  Object.fromEntries(services.map(({ name }) => [name, 'SERVING' as const]));

const unary =
  (
    admit: Admit,
    id: string,
    method: GrpcMethod,
    isDraining: () => boolean,
  ): handleUnaryCall<GrpcMessage, GrpcMessage> =>
  (call, callback) => {
    const answer = async (): Promise<GrpcMessage> => {
      const contextOf = await admit(id, method.access, call);
      if (method.isReadiness && isDraining()) return { ready: false };
      const ctx = contextOf(touchedBy(method, call.request));
      return await (await method.load())(ctx, call.request);
    };
    answer().then(
      (response) => callback(null, response),
      (thrown: unknown) => callback(statusOf(thrown)),
    );
  };

/** Messages are answered one after the other, in their order; one that fails is answered so, and the stream goes on. */
const streamed =
  (admit: Admit, id: string, method: GrpcMethod): handleBidiStreamingCall<GrpcMessage, GrpcMessage> =>
  async (call) => {
    try {
      const contextOf = await admit(id, method.access, call);
      const handler = await method.load();
      for await (const message of call) {
        let response: GrpcMessage;
        try {
          response = await handler(contextOf(touchedBy(method, message)), message);
        } catch (thrown) {
          if (!method.failed) throw thrown;
          response = method.failed(statusOf(thrown).details);
        }
        if (!call.write(response)) await new Promise((resolve) => call.once('drain', resolve));
      }
      call.end();
    } catch (thrown) {
      call.emit('error', statusOf(thrown));
    }
  };
