import { Executable } from "../../kernels/plan/executable.ts";
import type { PlanOptions } from "../../kernels/plan/plan_options.ts";
import { planProgram } from "../../kernels/plan/plan_program.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import type { TimedRun } from "../support/in_turn.ts";
import { clocked } from "../support/measure.ts";
import type { CaseGraph } from "./case_graph.ts";

/** A choice between kernels that planning a graph asked for. */
export interface Choice {
  /** Op and sizes. */
  readonly problem: string;
  /** Variants by name, the heuristic's first. */
  readonly candidates: readonly string[];
}

/** Forced variants, by problem. */
export type Forced = ReadonlyMap<string, string>;

/**
 * Lists the choices between kernels that a graph offers.
 *
 * @param gpu Device to plan for.
 * @param graph The graph.
 * @returns Every problem once.
 */
export function choicesOf(gpu: Gpu, graph: CaseGraph): Choice[] {
  const choices = new Map<string, readonly string[]>();
  planProgram(new Map([["run", graph]]), gpu.capabilities, {
    keep: graph.results,
    choose(problem, candidates) {
      choices.set(problem, candidates.map(({ name }) => name));
      return candidates[0];
    },
  });
  return [...choices].map(([problem, candidates]) => ({ problem, candidates }));
}

/**
 * Compiles a graph and writes its operands.
 *
 * @param gpu Device to run on.
 * @param graph The graph, run as phase `run`.
 * @param forced Variants to use instead of the heuristic's.
 * @returns The program, ready to run; all results can be read.
 */
export async function prepareGraph(
  gpu: Gpu,
  graph: CaseGraph,
  forced: Forced = new Map(),
): Promise<Executable> {
  const choose: PlanOptions["choose"] = (problem, candidates) => {
    const name = forced.get(problem);
    return candidates.find((variant) => variant.name === name) ?? candidates[0];
  };
  const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
    choose,
    keep: graph.results,
    tensors: [...graph.values.keys()],
  });
  const program = await Executable.compile(gpu, plan);
  for (const [tensor, values] of graph.values) program.write(tensor, values);
  return program;
}

/**
 * Runs a graph's program as often as told; what a run waits for is left out of
 * its time, because runs follow each other in one submission.
 *
 * @param program What {@linkcode prepareGraph} gave.
 * @returns What times its runs.
 */
export function graphRuns(program: Executable): TimedRun {
  return clocked(async (times) => {
    program.submit(new Array<string>(times).fill("run"));
    await program.finished();
  });
}
