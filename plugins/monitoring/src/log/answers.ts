import type { Answers, LabelledAnswer, RecentAnswers } from '@trestle/contracts';
import type { ServiceScope } from '@trestle/kernel';
import { quantile } from '@trestle/statistics';
import { metadataToken, readStored } from '@trestle/store';
import { z } from 'zod';
import type { MonitoringTables } from '../tables.ts';

const MOST_RECENT = 20_000;

const outputsSchema = z.array(z.record(z.string(), z.unknown()));
const labelSchema = z.union([z.string(), z.number(), z.boolean()]);

/** The service through which other plugins see what was answered. */
export async function answersReader(scope: ServiceScope): Promise<Answers> {
  const metadata = await scope.service(metadataToken);
  return {
    async labelled(deployment, since, limit) {
      const rows = await metadata
        .query<MonitoringTables>()
        .selectFrom('monitoring_predictions as answer')
        .innerJoin('monitoring_labels as truth', (join) =>
          join
            .onRef('truth.prediction', '=', 'answer.id')
            .onRef('truth.deployment', '=', 'answer.deployment'),
        )
        .select(['answer.id', 'answer.revision', 'answer.time', 'answer.outputs', 'truth.label'])
        .where('answer.deployment', '=', deployment)
        .where('answer.time', '>=', since)
        .where('truth.row', '=', 0)
        .orderBy('answer.time', 'desc')
        .limit(limit)
        .execute();
      return rows.flatMap(({ id, revision, time, outputs, label }): LabelledAnswer[] => {
        const output = readStored(outputsSchema, outputs).value?.[0];
        const truth = readStored(labelSchema, label).value;
        return output === undefined || truth === undefined
          ? []
          : [{ id, revision, time, output, label: truth }];
      });
    },
    async recent(since) {
      const rows = await metadata
        .query<MonitoringTables>()
        .selectFrom('monitoring_predictions')
        .select(['deployment', 'revision', 'model', 'version', 'latency_ms'])
        .where('time', '>=', since)
        .orderBy('time', 'desc')
        .limit(MOST_RECENT)
        .execute();
      const groups = new Map<string, typeof rows>();
      for (const row of rows) {
        const key = `${row.deployment}@${row.revision}`;
        const group = groups.get(key) ?? [];
        group.push(row);
        groups.set(key, group);
      }
      return [...groups.values()].flatMap((group): RecentAnswers[] => {
        const [first] = group;
        if (!first) return [];
        const latencies = group.map((row) => row.latency_ms).toSorted((a, b) => a - b);
        return [
          {
            deployment: first.deployment,
            revision: first.revision,
            model: { name: first.model, version: first.version },
            requests: group.length,
            p50: quantile(latencies, 0.5),
            p95: quantile(latencies, 0.95),
          },
        ];
      });
    },
  };
}
