import { Executable } from "../../kernels/plan/executable.ts";
import type { Plan, PlannedDispatch } from "../../kernels/plan/plan.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import { hyperValues } from "../../model/train/training_program.ts";
import type { TrainingSession } from "../../model/train/training_session.ts";
import { randomTokens } from "../support/random_tokens.ts";
import type { BenchSize } from "../support/sizes.ts";
import { summarize } from "../support/statistics.ts";
import { type LaunchTime, STEP_PHASES } from "./kind_shares.ts";

const TURNS = 3;
const EMPTY_TURNS = 31;

/**
 * Times the launches of a step by running one after the other and waiting for
 * each; what waiting takes is subtracted. The launches are those of the
 * session's plan over the same memory, each made a phase of its own.
 *
 * @param gpu The device.
 * @param session A session, for its plan and tensors.
 * @param size What it trains.
 * @returns Times in the order of launches.
 */
export async function waitedLaunches(
  gpu: Gpu,
  session: TrainingSession,
  size: BenchSize,
): Promise<LaunchTime[]> {
  const { plan } = session.executable;
  const launches = STEP_PHASES.flatMap((phase) => plan.phases.get(phase) ?? []);
  const program = await Executable.compile(gpu, splitPlan(plan, launches));
  try {
    fill(program, session, size);
    const empty = await waitingSeconds(program);
    const times = launches.map((): number[] => []);
    for (let turn = 0; turn <= TURNS; turn++) {
      for (const [index, found] of times.entries()) {
        const seconds = await secondsOf(program, [String(index)]);
        // Drivers compile a kernel when it first runs.
        if (turn > 0) found.push(Math.max(0, seconds - empty));
      }
    }
    return launches.map(({ pass, op }, index) => ({
      kind: `${pass} ${op}`,
      launches: 1,
      seconds: summarize(times[index]).median,
    }));
  } finally {
    program.destroy();
  }
}

function splitPlan(plan: Plan, launches: readonly PlannedDispatch[]): Plan {
  return {
    ...plan,
    phases: new Map(launches.map((launch, index) => [String(index), [launch]])),
  };
}

/** Weights, tokens and numbers as in the first step. */
function fill(
  program: Executable,
  { model, program: training }: TrainingSession,
  size: BenchSize,
): void {
  for (const { tensor, values } of model.parameters.initialValues(1)) {
    program.write(tensor, values);
  }
  const { inputs, targets } = randomTokens(size);
  program.write(training.tokens, inputs);
  program.write(training.targets, targets);
  program.write(training.scale, Float32Array.of(1 / inputs.length));
  program.write(
    training.hyper,
    hyperValues(
      { learningRate: 1e-3, step: 1 },
      { beta1: 0.9, beta2: 0.95, clip: 1 },
    ),
  );
}

/** What waiting for nothing takes. */
async function waitingSeconds(program: Executable): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < EMPTY_TURNS; turn++) {
    times.push(await secondsOf(program, []));
  }
  return summarize(times).median;
}

async function secondsOf(
  program: Executable,
  phases: readonly string[],
): Promise<number> {
  const start = performance.now();
  program.submit(phases);
  await program.finished();
  return (performance.now() - start) / 1000;
}
