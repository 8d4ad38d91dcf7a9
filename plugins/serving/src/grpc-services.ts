import { type GrpcService, OPEN_ACCESS } from '@trestle/kernel';

const inference = () => import('./grpc/inference-grpc.ts');
const READ = 'serving:read';
const PREDICT = 'serving:predict';

/** The Open Inference Protocol over gRPC. */
export const servingGrpc: readonly GrpcService[] = [
  {
    proto: new URL('../proto/open_inference.proto', import.meta.url),
    name: 'inference.GRPCInferenceService',
    methods: {
      ServerLive: { access: OPEN_ACCESS, load: async () => (await inference()).live },
      ServerReady: { access: OPEN_ACCESS, isReadiness: true, load: async () => (await inference()).ready },
      ServerMetadata: { access: READ, load: async () => (await inference()).serverMetadata },
      ModelReady: { access: READ, load: async () => (await inference()).modelReady },
      ModelMetadata: { access: READ, load: async () => (await inference()).metadata },
      ModelInfer: { access: PREDICT, load: async () => (await inference()).infer },
      ModelStreamInfer: {
        access: PREDICT,
        failed: (message) => ({ error_message: message }),
        load: async () => (await inference()).inferInStream,
      },
    },
  },
];
