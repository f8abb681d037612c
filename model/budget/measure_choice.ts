import type { MeasuredDevice } from "./measured_device.ts";
import type { ModelShape } from "./model_shape.ts";
import { planRun } from "./plan_run.ts";
import type { PlanQuestion, RunPlan } from "./run_plan.ts";

/** Models that are timed before the choice is taken as it is. */
const MOST_MEASURED = 3;
/** Share of a run's time that measuring may take. */
const SHARE = 0.05;
/** Seconds that it may take however short the run is. */
const LEAST_SECONDS = 5;

/**
 * Plans a run for the present device and times the model that would be chosen,
 * until the one that is has been timed. One model is always timed, others only
 * while the time taken stays below a twentieth of the run.
 *
 * @param device The device that the question is about.
 * @param question What is planned for.
 * @param onMeasure Told of a model before it is timed.
 * @returns The plan by what was measured.
 * @throws {InputError} As {@linkcode planRun} does.
 */
export async function measureChoice(
  device: Pick<MeasuredDevice, "knows" | "measure">,
  question: PlanQuestion,
  onMeasure: (shape: ModelShape) => void = () => {},
): Promise<RunPlan> {
  const started = performance.now();
  const most = Math.max(LEAST_SECONDS, SHARE * question.seconds);
  let longest = 0;
  for (let i = 0; i < MOST_MEASURED; i++) {
    const plan = planRun(question);
    const { shape } = plan.chosen;
    const spent = (performance.now() - started) / 1000;
    if (device.knows(shape) || (i > 0 && spent + longest > most)) return plan;
    onMeasure(shape);
    if (!await device.measure(shape)) return plan;
    longest = Math.max(longest, (performance.now() - started) / 1000 - spent);
  }
  return planRun(question);
}
