import { resource } from '@trestle/contracts';
import { type GrpcMessage, type GrpcService, OPEN_ACCESS } from '@trestle/kernel';

const inference = () => import('./grpc/inference-grpc.ts');
const READ = 'serving:read';
const PREDICT = 'serving:predict';

/** The protocol calls a deployment a model. */
const byName = ({ name }: GrpcMessage) => resource('deployment', String(name ?? ''));
const byModelName = ({ model_name: name }: GrpcMessage) => resource('deployment', String(name ?? ''));

/** The Open Inference Protocol over gRPC. */
export const servingGrpc: readonly GrpcService[] = [
  {
    proto: new URL('../proto/open_inference.proto', import.meta.url),
    name: 'inference.GRPCInferenceService',
    methods: {
      ServerLive: { access: OPEN_ACCESS, load: async () => (await inference()).live },
      ServerReady: { access: OPEN_ACCESS, isReadiness: true, load: async () => (await inference()).ready },
      ServerMetadata: { access: READ, load: async () => (await inference()).serverMetadata },
      ModelReady: { access: READ, resource: byName, load: async () => (await inference()).modelReady },
      ModelMetadata: { access: READ, resource: byName, load: async () => (await inference()).metadata },
      ModelInfer: { access: PREDICT, resource: byModelName, load: async () => (await inference()).infer },
      ModelStreamInfer: {
        access: PREDICT,
        resource: byModelName,
        failed: (message) => ({ error_message: message }),
        load: async () => (await inference()).inferInStream,
      },
      RepositoryIndex: { access: READ, load: async () => (await inference()).index },
      RepositoryModelLoad: {
        access: 'serving:deploy',
        resource: byModelName,
        load: async () => (await inference()).load,
      },
      RepositoryModelUnload: {
        access: 'serving:deploy',
        resource: byModelName,
        load: async () => (await inference()).unload,
      },
    },
  },
];
