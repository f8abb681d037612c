import { AssertionError } from "@std/assert";
import {
  byteLength,
  type DType,
  type Tensor,
} from "../../kernels/ops/tensor.ts";
import { differentiate } from "../../kernels/plan/differentiate.ts";
import { Executable } from "../../kernels/plan/executable.ts";
import { Graph } from "../../kernels/plan/graph.ts";
import type { PlanOptions } from "../../kernels/plan/plan_options.ts";
import { planProgram } from "../../kernels/plan/plan_program.ts";
import type { Capabilities } from "../../kernels/runtime/capabilities.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import { openDevice } from "../../kernels/runtime/open_device.ts";

/** What a test may say about planning. */
export interface HarnessOptions {
  /** Limits to plan for; those of the device where absent. */
  readonly capabilities?: Capabilities;
  /** Forces a kernel variant by name. */
  readonly choose?: (problem: string, names: string[]) => string;
  /** What products may round operands to. @default "f32" */
  readonly operands?: PlanOptions["operands"];
}

let device: Promise<Gpu> | undefined;

/**
 * The one device that all tests of a process share. `MINNOW_TEST_LIMITS=default`
 * opens it with no more than WebGPU's default limits.
 */
export function testDevice(): Promise<Gpu> {
  const defaultLimits = Deno.env.get("MINNOW_TEST_LIMITS") === "default";
  return device ??= openDevice({ defaultLimits });
}

/** A graph that remembers its inputs by name. */
export class TestGraph extends Graph {
  /** Inputs and parameters by name. */
  readonly named: Map<string, Tensor> = new Map();

  override variable(
    name: string,
    shape: readonly number[],
    role: Tensor["role"],
    dtype: DType = "f32",
  ): Tensor {
    const tensor = super.variable(name, shape, role, dtype);
    if (role !== "constant") this.named.set(name, tensor);
    return tensor;
  }
}

/**
 * Builds a graph, runs it once with the given inputs, and reads the returned
 * tensors back; u32 results come as the numbers they are.
 */
export async function runGraph(
  build: (graph: TestGraph) => Record<string, Tensor>,
  inputs: Record<string, ArrayLike<number>>,
  options: HarnessOptions = {},
): Promise<Record<string, Float32Array>> {
  const graph = new TestGraph();
  const results = build(graph);
  return await execute(graph, results, inputs, options);
}

/**
 * Like {@linkcode runGraph}, for the gradients of a loss of shape [1] by the
 * named parameters.
 */
export async function runGradients(
  build: (graph: TestGraph) => Tensor,
  inputs: Record<string, ArrayLike<number>>,
  wrt: string[],
  options: HarnessOptions = {},
): Promise<{ loss: number; gradients: Record<string, Float32Array> }> {
  const graph = new TestGraph();
  const loss = build(graph);
  const accumulators = new Map<Tensor, Tensor>();
  for (const name of wrt) {
    const parameter = named(graph, name);
    accumulators.set(
      parameter,
      graph.variable(`${name}.gradient`, parameter.shape, "gradient"),
    );
  }
  differentiate(graph, loss, accumulators);
  const results: Record<string, Tensor> = { loss };
  for (const [parameter, accumulator] of accumulators) {
    results[parameter.name] = accumulator;
  }
  const { loss: value, ...gradients } = await execute(
    graph,
    results,
    inputs,
    options,
  );
  return { loss: value[0], gradients };
}

async function execute(
  graph: TestGraph,
  results: Record<string, Tensor>,
  inputs: Record<string, ArrayLike<number>>,
  options: HarnessOptions,
): Promise<Record<string, Float32Array>> {
  const gpu = await testDevice();
  const kept = Object.values(results);
  const { choose } = options;
  const chooseByName: PlanOptions["choose"] = choose &&
    ((problem, candidates) => {
      // Where operands are read is a choice of its own.
      if (problem === "reads") return candidates[0];
      const name = choose(problem, candidates.map((variant) => variant.name));
      const found = candidates.find((variant) => variant.name === name);
      if (!found) throw new Error(`${problem} has no variant "${name}"`);
      return found;
    });
  const before = gpu.allocatedBytes;
  const plan = planProgram(
    new Map([["run", graph]]),
    options.capabilities ?? gpu.capabilities,
    {
      keep: kept,
      tensors: [...graph.named.values()],
      readbackBytes: Math.max(256, ...kept.map(byteLength)),
      ...(options.operands ? { operands: options.operands } : {}),
      ...(chooseByName ? { choose: chooseByName } : {}),
    },
  );
  const program = await Executable.compile(gpu, plan);
  if (gpu.allocatedBytes - before !== plan.peakBytes) {
    throw new AssertionError(
      `The plan says ${plan.peakBytes} bytes and the device allocated ` +
        `${gpu.allocatedBytes - before}`,
    );
  }
  try {
    for (const [name, values] of Object.entries(inputs)) {
      const tensor = named(graph, name);
      program.write(
        tensor,
        tensor.dtype === "u32"
          ? Uint32Array.from(values)
          : Float32Array.from(values),
      );
    }
    program.submit(["run"]);
    const read: Record<string, Float32Array> = {};
    for (const [name, tensor] of Object.entries(results)) {
      const data = await program.read(tensor);
      read[name] = tensor.dtype === "u32"
        ? Float32Array.from(new Uint32Array(data.buffer))
        : data;
    }
    return read;
  } finally {
    program.destroy();
  }
}

function named(graph: TestGraph, name: string): Tensor {
  const tensor = graph.named.get(name);
  if (!tensor) throw new Error(`The graph under test has no input "${name}"`);
  return tensor;
}

/**
 * Asserts that the largest difference is at most `relative` times the largest
 * expected magnitude.
 */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  relative: number,
  what: string,
): void {
  if (actual.length !== expected.length) {
    throw new AssertionError(
      `${what}: ${actual.length} values where ${expected.length} are expected`,
    );
  }
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  for (let i = 0; i < expected.length; i++) {
    // Negated, so that a NaN fails.
    if (!(Math.abs(actual[i] - expected[i]) <= relative * scale)) {
      throw new AssertionError(
        `${what}: element ${i} is ${actual[i]}, expected ${expected[i]} ` +
          `(tolerance ${relative} of ${scale})`,
      );
    }
  }
}

/** Central differences of a function in f64, one element after the other. */
export function finiteDifference(
  f: (x: Float64Array) => number,
  x: Float64Array,
  step: number = 1e-5,
): Float64Array {
  const probe = Float64Array.from(x);
  return Float64Array.from(x, (value, i) => {
    probe[i] = value + step;
    const above = f(probe);
    probe[i] = value - step;
    const below = f(probe);
    probe[i] = value;
    return (above - below) / (2 * step);
  });
}
