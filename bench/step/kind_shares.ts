import type { Executable } from "../../kernels/plan/executable.ts";
import type { TrainingSession } from "../../model/train/training_session.ts";

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
 * Where the time of profiled steps went, by kind of node.
 *
 * @param session A profiled session.
 * @param steps Steps that it has run.
 * @returns Kinds, the costliest first; none where nothing was timed.
 */
export async function kindShares(
  session: TrainingSession,
  steps: number,
): Promise<KindShare[]> {
  const { executable } = session;
  const kinds = launchKinds(executable);
  const totals = new Map<string, { launches: number; seconds: number }>();
  let all = 0;
  for (const { label, launches, seconds } of await executable.profile()) {
    const kind = kinds.get(label) ?? label;
    const total = totals.get(kind) ?? { launches: 0, seconds: 0 };
    total.launches += launches;
    total.seconds += seconds;
    totals.set(kind, total);
    all += seconds;
  }
  const flops = new Map<string, number>();
  for (const phase of ["micro", "update"]) {
    for (
      const { pass, op, flops: each } of executable.plan.phases.get(phase) ?? []
    ) {
      const kind = `${pass} ${op}`;
      flops.set(kind, (flops.get(kind) ?? 0) + each);
    }
  }
  return [...totals]
    .map(([kind, { launches, seconds }]) => ({
      kind,
      launches: launches / steps,
      share: seconds / all,
      flopsPerSecond: (flops.get(kind) ?? 0) * steps / seconds,
    }))
    .sort((a, b) => b.share - a.share);
}

/** Kinds of launches by the label that the profiler gives them. */
function launchKinds(
  { plan }: Pick<Executable, "plan">,
): Map<string, string> {
  const kinds = new Map<string, string>();
  for (const dispatches of plan.phases.values()) {
    for (const { pass, label, kernel, op } of dispatches) {
      kinds.set(`${pass} ${label} ${kernel.name}`, `${pass} ${op}`);
    }
  }
  return kinds;
}
