import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { installPeers, peerVersions, whyNoPeers } from '../core/peers.ts';
import { nodeSide, startSide } from '../core/side-process.ts';
import { difference } from '../core/values.ts';
import type { Comparison, Readings, Side, Suite, Target } from '../runner/comparison.ts';
import type { OnnxWorkload } from './workload.ts';

const OURS = join(import.meta.dirname, 'ours.ts');
const RUNTIME = join(import.meta.dirname, 'onnx-runtime.ts');

/** A hundred layers of float32 sums in another order differ by less; a wrong result by more. */
const TOLERANCE = 2e-3;
/** Where values are brought to integers, one at the edge between two goes either way, and the layers behind it go along. */
const INTEGER_TOLERANCE = 0.1;

const sides = ['ours', 'ort-web', 'ort-node'] as const;
type SideName = (typeof sides)[number];

const environment = (name: SideName, threads: number): Record<string, string> => ({
  BENCH_THREADS: String(threads),
  TRESTLE_THREADS: String(threads),
  BENCH_ORT: name === 'ort-node' ? 'node' : 'web',
  // What several threads do is no one's time on a processor.
  ...(threads > 1 ? { BENCH_CLOCK: '' } : {}),
});

function comparison(
  name: string,
  workload: OnnxWorkload,
  threads: number,
  roundMs: number,
  target: Target,
): Comparison {
  let reference: readonly number[] | undefined;
  const isInteger = workload.network.kind === 'bert' && workload.network.as === 'int8';
  const tolerance = isInteger ? INTEGER_TOLERANCE : TOLERANCE;
  const side =
    (side: SideName): Side =>
    async () => {
      const missing = side === 'ours' ? undefined : whyNoPeers(side);
      if (missing !== undefined) return { why: missing };
      const program = nodeSide(side === 'ours' ? OURS : RUNTIME, environment(side, threads));
      const process = startSide<OnnxWorkload>(program);
      const reply = await process.open(workload);
      const why = 'why' in reply ? reply.why : objection(reply.result);
      if (why !== undefined) {
        process.end();
        return { why };
      }
      return {
        measure: async (): Promise<Readings> => ({ ms: (await process.measure(roundMs)).bestMs }),
        close: () => process.end(),
      };
    };
  const objection = (result: readonly number[]): string | undefined => {
    reference ??= result;
    const wrong = difference(result, reference);
    return wrong > tolerance ? `gives other results than ours, by ${wrong.toExponential(1)}` : undefined;
  };
  return {
    rows: [{ name, reading: 'ms', unit: 'ms', better: 'lower', target }],
    ours: side('ours'),
    peers: { 'ort-web': side('ort-web'), 'ort-node': side('ort-node') },
  };
}

/** 1.3 times as fast as ONNX Runtime's WebAssembly. */
const FASTER: Target = { over: 'ort-web', atMost: 1 / 1.3 };
const AS_FAST: Target = { over: 'ort-node', atMost: 1 };

export const suite: Suite = {
  summary: 'networks of known shapes with random weights, trees, and opening a model, beside ONNX Runtime',
  facts() {
    installPeers();
    return peerVersions();
  },
  comparisons({ isQuick }) {
    const roundMs = isQuick ? 60 : 300;
    const size = isQuick ? 64 : 224;
    const networks = [
      ['ResNet-50', { kind: 'resnet50', size }],
      ['MobileNetV2', { kind: 'mobilenetv2', size }],
      ['BERT-base', { kind: 'bert', layers: isQuick ? 1 : 12, length: isQuick ? 32 : 128 }],
    ] as const;
    const cores = availableParallelism();
    return [
      ...[1, ...(cores > 1 ? [cores] : [])].flatMap((threads) =>
        networks.flatMap(([name, network]) =>
          [1, 8].map((batch) =>
            comparison(
              `${name}, batch ${batch}, ${threads === 1 ? 'one thread' : `${threads} threads`}`,
              { kind: 'run', network, batch },
              threads,
              roundMs,
              FASTER,
            ),
          ),
        ),
      ),
      ...(
        [
          ['BERT-base in int8, 128 tokens', 'int8', isQuick ? 32 : 128],
          ['a decoder of BERT-base, one token, int8', 'int8', 1],
          ['a decoder of BERT-base, one token, weights of 4 bits', 'int4', 1],
        ] as const
      ).map(([name, as, length]) =>
        comparison(
          name,
          { kind: 'run', network: { kind: 'bert', layers: isQuick ? 1 : 12, length, as }, batch: 1 },
          1,
          roundMs,
          FASTER,
        ),
      ),
      ...[1, 10_000].map((batch) =>
        comparison(
          `500 boosted trees, ${batch.toLocaleString('en')} ${batch === 1 ? 'row' : 'rows'}`,
          { kind: 'run', network: { kind: 'trees', trees: isQuick ? 20 : 500 }, batch },
          1,
          roundMs,
          AS_FAST,
        ),
      ),
      comparison(
        'opening 100 MB',
        { kind: 'open', network: { kind: 'weights', megabytes: isQuick ? 8 : 100 } },
        1,
        roundMs,
        { over: 'itself', atMost: 300 },
      ),
    ];
  },
};
