import { join } from "@std/path";
import { writeAtomic } from "../../data/atomic_write.ts";

/** What a planned or trained run says of itself, by key. */
export type PlanFile = Readonly<Record<string, unknown>>;

/**
 * Reads a run's `plan.json`.
 *
 * @param out Folder of the run.
 * @returns Its keys; none where the file is missing or damaged: a run can be
 * trained without it.
 */
export async function readPlanFile(out: string): Promise<PlanFile> {
  try {
    const json: unknown = JSON.parse(
      await Deno.readTextFile(join(out, "plan.json")),
    );
    return typeof json === "object" && json !== null ? { ...json } : {};
  } catch (error) {
    if (
      error instanceof SyntaxError || error instanceof Deno.errors.NotFound
    ) return {};
    throw error;
  }
}

/**
 * Writes a run's `plan.json`.
 *
 * @param out Folder of the run.
 * @param plan All its keys.
 */
export async function writePlanFile(
  out: string,
  plan: PlanFile,
): Promise<void> {
  await writeAtomic(
    join(out, "plan.json"),
    JSON.stringify(plan, null, 2) + "\n",
  );
}

/** What came of a run. */
export interface RunOutcome {
  /** Optimizer steps. */
  readonly steps: number;
  /** Tokens learnt from. */
  readonly tokens: number;
  /** Seconds; of a run with a budget, those of its start included. */
  readonly seconds: number;
  /** Last validation loss, in nats; null where none was measured. */
  readonly loss: number | null;
}

/**
 * Puts what came of a run beside what its `plan.json` expected.
 *
 * @param out Folder of the run.
 * @param outcome What came of it.
 */
export async function noteOutcome(
  out: string,
  outcome: RunOutcome,
): Promise<void> {
  await writePlanFile(out, { ...await readPlanFile(out), outcome });
}
