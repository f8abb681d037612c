import type { Gpu } from "../../kernels/runtime/gpu.ts";
import { inTurn, type TimedRun } from "../support/in_turn.ts";
import { SQUARE_CASES } from "./matmul_cases.ts";
import { graphRuns, prepareGraph } from "./prepare_graph.ts";

/** The square product that a device computes fastest, ready to run. */
export interface BestProduct {
  /** Floating-point operations of one. */
  readonly flops: number;
  /** Times runs of it. */
  readonly run: TimedRun;
  /** Frees its memory. */
  close(): void;
}

/**
 * Finds the product that a device computes at the best rate, copies of operands
 * included. Others are compared with it turn by turn.
 *
 * @param gpu The device.
 * @param seconds How long to measure each of the six.
 * @returns The fastest.
 */
export async function bestProduct(
  gpu: Gpu,
  seconds: number,
): Promise<BestProduct> {
  const products = [];
  for (const { build } of SQUARE_CASES) {
    const graph = await build(gpu);
    const program = await prepareGraph(gpu, graph);
    products.push({ program, flops: graph.flops, run: graphRuns(program) });
  }
  const times = await inTurn(products.map(({ run }) => run), {
    seconds: seconds * products.length,
  });
  // By their turns: medians of moments that differ would choose by chance.
  const rates = products.map(({ flops }, i) => flops / times[i].ofFirst.median);
  const best = products[rates.indexOf(Math.max(...rates))];
  for (const each of products) if (each !== best) each.program.destroy();
  return {
    flops: best.flops,
    run: best.run,
    close: () => best.program.destroy(),
  };
}
