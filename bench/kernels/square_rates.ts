import type { Gpu } from "../../kernels/runtime/gpu.ts";
import type { Summary } from "../support/statistics.ts";
import type { KernelCase } from "./cases.ts";
import { SQUARE_CASES } from "./matmul_cases.ts";
import { timeGraph } from "./time_graph.ts";

/** A square product and its time. */
export interface SquareRate {
  /** What was multiplied. */
  readonly kernel: KernelCase;
  /** Seconds of one. */
  readonly time: Summary;
  /** Floating-point operations a second. */
  readonly rate: number;
}

/**
 * Measures the best rate of products on a device, copies of operands included.
 *
 * @param gpu The device.
 * @param seconds How long to measure each of the six.
 * @returns All six, the fastest first.
 */
export async function squareRates(
  gpu: Gpu,
  seconds: number,
): Promise<SquareRate[]> {
  const rates: SquareRate[] = [];
  for (const kernel of SQUARE_CASES) {
    const graph = await kernel.build(gpu);
    const time = await timeGraph(gpu, graph, seconds);
    rates.push({ kernel, time, rate: graph.flops / time.median });
  }
  return rates.sort((a, b) => b.rate - a.rate);
}
