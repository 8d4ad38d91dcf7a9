import { startRun } from '@trestle/plugin-tracking/log';

/** So many points of one series, logged as a script logs them. @returns the run */
export async function fillPoints(dir: string, points: number): Promise<string> {
  await using run = await startRun({ experiment: 'long', project: dir });
  for (let step = 0; step < points; step += 1) {
    run.log({ loss: Math.sin(step / 1_000) + step / points }, { step });
    // What a thread has not taken waits in memory, which has an end.
    if (step % 100_000 === 0) await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const { hasArrived } = await run.finish({ waitMs: 300_000 });
  if (!hasArrived) throw new Error('What was logged has not arrived.');
  return run.id;
}
