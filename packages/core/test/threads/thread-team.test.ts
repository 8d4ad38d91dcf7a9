import { afterEach, describe, expect, it } from 'vitest';
import { assemble, branch, type Code, get, i32, loop, set, when } from '../../src/codegen/wasm/assembler.ts';
import { phaseScope } from '../../src/codegen/wasm/program.ts';
import { type Job, type ThreadTeam, threadTeam } from '../../src/device/wasm/threads/thread-team.ts';

const UNREACHABLE = 0x00;
const CODE = 1_024;
const OUTPUT = 8_192;
const teams: ThreadTeam[] = [];

afterEach(() => {
  for (const team of teams.splice(0)) team.end();
});

/**
 * A team of two, and a job that adds 1 to a word for each unit. `other` is what only the other thread does before: it is told by
 * its scratch memory.
 */
function teamWith(other: Code, patience = 20_000): { team: ThreadTeam; job: Job; sum(): number } {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const { scope, begin, end, threadScratch, output } = phaseScope(0);
  const word = i32.add(get(output), i32.mul(get(begin), i32.const(4)));
  const addOne: Code = i32.store(word, i32.add(i32.load(word), i32.const(1)));
  const body = [
    when(get(threadScratch), other),
    loop(
      addOne,
      set(begin, i32.add(get(begin), i32.const(1))),
      when(i32.lt(get(begin), get(end)), branch(1)),
    ),
  ];
  const bytes = assemble({ initialPages: 1, maximumPages: 1, isShared: true }, [
    scope.finish(body, 'phase0'),
  ]);
  new Uint8Array(memory.buffer).set(bytes, CODE);
  const { phase0: run } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } })
    .exports;
  if (typeof run !== 'function') throw new Error('The phase is not exported.');
  const team = threadTeam(memory, 2, { leastWork: 0, beforeStart: 0, patience });
  teams.push(team);
  const job: Job = {
    module: 1,
    code: () => ({ address: CODE, bytes: bytes.length }),
    phase: 0,
    // The assembler gave the export this signature.
    run: run as Job['run'],
    units: 2_000,
    unitCost: 10_000,
    operands: [0, 0, 0, 0, 0, OUTPUT],
    scratchStride: 64,
  };
  const words = new Int32Array(memory.buffer, OUTPUT, job.units);
  return { team, job, sum: () => words.reduce((sum, word) => sum + word, 0) };
}

/** Runs the job until something happens. */
async function runUntil(condition: () => boolean, team: ThreadTeam, job: Job): Promise<number> {
  for (let times = 0; ; times++) {
    if (condition()) return times;
    team.run(job);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

describe('a team of threads', () => {
  it('runs every unit of every job exactly once', async () => {
    const { team, job, sum } = teamWith([]);
    let times = await runUntil(() => team.helped() > 0, team, job);
    for (; times < 5_000; times++) team.run(job);
    expect(sum()).toBe(times * job.units);
    expect(team.helped()).toBeLessThan(sum());
  });

  it('says so when a thread fails in the middle of a job, and goes on without it', async () => {
    const { team, job } = teamWith(UNREACHABLE);
    await expect(runUntil(() => false, team, job)).rejects.toMatchObject({ code: 'TRS_CORE_THREAD' });
    team.run(job);
    expect(team.helped()).toBe(0);
  });

  it('does not wait for ever for a thread that never comes back', async () => {
    const { team, job } = teamWith(loop(branch(0)), 50);
    const short = { ...job, unitCost: 10 };
    await expect(runUntil(() => false, team, short)).rejects.toMatchObject({ code: 'TRS_CORE_THREAD' });
    team.run(short);
    expect(team.helped()).toBe(0);
  });
});
