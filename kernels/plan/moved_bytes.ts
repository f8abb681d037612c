import type { PlannedDispatch } from "./plan.ts";

/**
 * Bytes that launches read and write, each bound range once a launch: what
 * memory has to move at least where caches do not hold it in between.
 *
 * @param launches Launches of a program.
 *
 * @example
 * ```ts
 * import { add, DEFAULT_CAPABILITIES, Graph, planProgram } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 * import { movedBytes } from "./moved_bytes.ts";
 *
 * const graph = new Graph();
 * const sum = add(graph, graph.input("a", [64]), graph.input("b", [64]));
 * const { phases } = planProgram(
 *   new Map([["run", graph]]),
 *   DEFAULT_CAPABILITIES,
 *   { keep: [sum] },
 * );
 * assertEquals(movedBytes(phases.get("run") ?? []), 3 * 64 * 4);
 * ```
 */
export function movedBytes(
  launches: readonly Pick<PlannedDispatch, "bindings">[],
): number {
  return launches.reduce(
    (total, { bindings }) =>
      bindings.reduce((sum, { bytes }) => sum + bytes, total),
    0,
  );
}
