import { Random } from "../../data/random.ts";
import { add } from "../../kernels/ops/add.ts";
import { matmul } from "../../kernels/ops/matmul.ts";
import type { Tensor } from "../../kernels/ops/tensor.ts";
import { Executable } from "../../kernels/plan/executable.ts";
import { Graph } from "../../kernels/plan/graph.ts";
import { planProgram } from "../../kernels/plan/plan_program.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";

/** What a few seconds on the device showed. */
export interface SelfTestResult {
  /** Largest error of a product against f64, relative to its largest element. */
  readonly relativeError: number;
  /** Rate of a 512 × 512 × 512 product, in floating-point operations a second. */
  readonly matmulFlopsPerSecond: number;
  /** Rate of an addition of long vectors, in bytes a second, all three counted. */
  readonly bytesPerSecond: number;
  /** Median time from a submit until its result is on the host, in seconds. */
  readonly readbackSeconds: number;
}

const SIDE = 512;
const LENGTH = 1 << 22;
/** Products whose elements are checked; each costs `SIDE` operations. */
const CHECKED = 4096;
const SECONDS_PER_TEST = 1.2;

/**
 * Multiplies, adds and reads back for a few seconds.
 *
 * @param gpu Device to test.
 * @throws {DeviceError} if the device fails while it works.
 */
export async function selfTest(gpu: Gpu): Promise<SelfTestResult> {
  const graph = new Graph();
  const a = graph.input("a", [SIDE, SIDE]);
  const b = graph.input("b", [SIDE, SIDE]);
  const c = matmul(graph, { a, b }, { layout: "nn" });
  const product = await compile(gpu, graph, c);
  const random = new Random("self-test");
  const [left, right] = [a, b].map((tensor) => {
    const values = Float32Array.from(
      { length: SIDE * SIDE },
      () => random.uniform() - 0.5,
    );
    product.write(tensor, values);
    return values;
  });
  product.submit(["run"]);
  const relativeError = largestError(await product.read(c), left, right);
  const perProduct = await secondsPerRun(product);
  product.destroy();

  const vectors = new Graph();
  const sum = add(
    vectors,
    vectors.input("x", [LENGTH]),
    vectors.input("y", [LENGTH]),
  );
  const addition = await compile(gpu, vectors, sum);
  const perAddition = await secondsPerRun(addition);
  addition.destroy();

  const small = new Graph();
  const one = add(small, small.input("x", [4]), small.input("y", [4]));
  const tiny = await compile(gpu, small, one);
  const trips: number[] = [];
  for (let trip = 0; trip < 21; trip++) {
    const start = performance.now();
    tiny.submit(["run"]);
    await tiny.read(one);
    trips.push((performance.now() - start) / 1000);
  }
  tiny.destroy();
  return {
    relativeError,
    matmulFlopsPerSecond: 2 * SIDE ** 3 / perProduct,
    bytesPerSecond: 3 * 4 * LENGTH / perAddition,
    readbackSeconds: trips.sort((x, y) => x - y)[10],
  };
}

async function compile(
  gpu: Gpu,
  graph: Graph,
  result: Tensor,
): Promise<Executable> {
  const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
    keep: [result],
    readbackBytes: 1 << 20,
  });
  return await Executable.compile(gpu, plan);
}

/** Time of a run, from batches that grow until they fill the test's time. */
async function secondsPerRun(program: Executable): Promise<number> {
  program.submit(["run"]);
  await program.finished();
  for (let runs = 1;; runs *= 2) {
    const start = performance.now();
    for (let run = 0; run < runs; run++) program.submit(["run"]);
    await program.finished();
    const seconds = (performance.now() - start) / 1000;
    if (seconds > SECONDS_PER_TEST / 2) return seconds / runs;
  }
}

function largestError(
  product: Float32Array,
  a: Float32Array,
  b: Float32Array,
): number {
  let error = 0;
  let scale = 0;
  for (let check = 0; check < CHECKED; check++) {
    // A stride that is coprime to the side visits all rows and columns.
    const index = (check * 4099) % (SIDE * SIDE);
    const row = Math.floor(index / SIDE);
    const column = index % SIDE;
    let exact = 0;
    for (let k = 0; k < SIDE; k++) {
      exact += a[row * SIDE + k] * b[k * SIDE + column];
    }
    const difference = Math.abs(product[index] - exact);
    // Negated, so that a NaN counts as an error.
    if (!(difference <= error)) error = difference;
    scale = Math.max(scale, Math.abs(exact));
  }
  return error / scale;
}
