import type { Gpu } from "../../kernels/runtime/gpu.ts";
import type { Plan } from "../../kernels/plan/plan.ts";
import type { BenchSize } from "../support/sizes.ts";
import { openSession } from "./open_session.ts";
import { stampedLaunches } from "./stamped_launches.ts";
import { waitedLaunches } from "./waited_launches.ts";

/** Phases of a training step. */
export const STEP_PHASES = ["micro", "update"] as const;

/** Time that launches took in one step. */
export interface LaunchTime {
  /** Pass and op, for instance `forward matmul`. */
  readonly kind: string;
  /** Launches of a step. */
  readonly launches: number;
  /** Seconds of all of them in a step. */
  readonly seconds: number;
}

/** What the launches of one kind of node took. */
export interface KindShare {
  /** Pass and op, for instance `forward matmul`. */
  readonly kind: string;
  /** Launches of a step. */
  readonly launches: number;
  /** Part of the time of all launches. */
  readonly share: number;
  /** Floating-point operations a second. */
  readonly flopsPerSecond: number;
}

/**
 * Where the time of a training step goes, by kind of node. On a GPU launches
 * are timed by its own clock. On a software adapter that clock is stamped when
 * a queue of work is flushed and not when a launch ends, so each launch is
 * waited for instead.
 *
 * @param gpu Device to measure.
 * @param size What is trained.
 * @returns Kinds, the costliest first; none where nothing can be timed.
 */
export async function kindShares(
  gpu: Gpu,
  size: BenchSize,
): Promise<KindShare[]> {
  const { software } = gpu.capabilities;
  const session = await openSession(gpu, size, !software);
  const { plan } = session.executable;
  try {
    return sharesOf(
      plan,
      software
        ? await waitedLaunches(gpu, session, size)
        : await stampedLaunches(session, size),
    );
  } finally {
    session.close();
  }
}

function sharesOf(plan: Plan, times: readonly LaunchTime[]): KindShare[] {
  const flops = new Map<string, number>();
  for (const phase of STEP_PHASES) {
    for (const { pass, op, flops: each } of plan.phases.get(phase) ?? []) {
      const kind = `${pass} ${op}`;
      flops.set(kind, (flops.get(kind) ?? 0) + each);
    }
  }
  const kinds = new Map<string, LaunchTime>();
  for (const { kind, launches, seconds } of times) {
    const before = kinds.get(kind);
    kinds.set(kind, {
      kind,
      launches: launches + (before?.launches ?? 0),
      seconds: seconds + (before?.seconds ?? 0),
    });
  }
  const all = times.reduce((sum, { seconds }) => sum + seconds, 0);
  return [...kinds.values()]
    .map(({ kind, launches, seconds }) => ({
      kind,
      launches,
      share: seconds / all,
      // A difference of clocks may be zero.
      flopsPerSecond: seconds > 0 ? (flops.get(kind) ?? 0) / seconds : 0,
    }))
    .sort((a, b) => b.share - a.share);
}
