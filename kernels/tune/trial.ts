import { moduleText } from "../ops/kernel_source.ts";
import type { Reference } from "../ops/op_spec.ts";
import { elementCount, type Tensor } from "../ops/tensor.ts";
import { Executable } from "../plan/executable.ts";
import { Graph } from "../plan/graph.ts";
import type { Plan } from "../plan/plan.ts";
import { planProgram } from "../plan/plan_program.ts";
import type { Capabilities } from "../runtime/capabilities.ts";
import type { Gpu } from "../runtime/gpu.ts";
import type { TuningProblem } from "./tuning_problem.ts";

/** Time that one run of a variant took. */
export interface TrialTime {
  /** Seconds of a run. */
  readonly seconds: number;
  /** Seconds until the first run was over, compilation included. */
  readonly firstSeconds: number;
}

/** A batch of runs takes at least this long, so that waiting does not count. */
const BATCH_SECONDS = 0.06;
/** Batches that are timed; the fastest counts, because noise only adds. */
const BATCHES = 3;
/** A variant whose second batch is this much slower is not timed further. */
const HOPELESS = 1.5;
/** Batches of each variant in a race. */
const ROUNDS = 7;

/** One problem on its own: a graph over operands with fixed random values. */
export class Trial {
  /** Floating-point operations of a run. */
  readonly flops: number;
  readonly #problem: TuningProblem;
  readonly #graph = new OperandGraph();
  readonly #reference: Reference | undefined;

  /**
   * Poses a problem.
   *
   * @param problem The problem.
   */
  constructor(problem: TuningProblem) {
    this.#problem = problem;
    this.#reference = problem.pose(this.#graph);
    this.flops = this.#graph.nodes.reduce(
      (sum, node) => sum + node.op.flops(node),
      0,
    );
  }

  /**
   * Digest of the kernels that a variant consists of: when it changes, timings
   * are no longer true.
   */
  async digest(variant: string, capabilities: Capabilities): Promise<string> {
    const { phases } = this.#plan(variant, capabilities);
    const text = [...phases.values()].flat().map(
      ({ kernel, bindings, workgroups }) =>
        moduleText(kernel, bindings.map(({ access }) => access), capabilities) +
        workgroups.join(),
    ).join("\n");
    const bytes = new TextEncoder().encode(text);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return hash.slice(0, 8).toHex();
  }

  /**
   * Compiles a variant, checks its results and times it.
   *
   * @param gpu The device.
   * @param variant Name of the variant.
   * @param fastest Seconds of the fastest variant so far.
   * @throws {Error} if the results are wrong, or the device refuses a kernel.
   */
  async time(
    gpu: Gpu,
    variant: string,
    fastest: number = Infinity,
  ): Promise<TrialTime> {
    const start = performance.now();
    const program = await this.#open(gpu, variant);
    try {
      await this.#run(program, 1);
      const firstSeconds = (performance.now() - start) / 1000;
      await this.#check(program, variant);
      this.#fill(program);
      const seconds = await this.#measure(program, fastest);
      return { seconds, firstSeconds };
    } finally {
      program.destroy();
    }
  }

  /**
   * Times variants in turn: whatever else slows down the device or its host for
   * a while slows down all of them.
   *
   * @param gpu The device.
   * @param variants Names of variants that are right; all are held at once.
   * @returns Times of a run, as multiples of what the first variant takes: the
   * medians of several rounds.
   * @throws {DeviceError} if the device cannot hold them or is lost.
   */
  async race(
    gpu: Gpu,
    variants: readonly [string, ...string[]],
  ): Promise<number[]> {
    const programs: Executable[] = [];
    try {
      for (const variant of variants) {
        programs.push(await this.#open(gpu, variant));
      }
      for (const program of programs.slice(1)) await this.#run(program, 1);
      const { times } = await this.#firstBatch(programs[0]);
      const ratios = variants.map((): number[] => []);
      for (let round = 0; round < ROUNDS; round++) {
        const taken: number[] = [];
        for (const program of programs) {
          taken.push(await this.#run(program, times));
        }
        taken.forEach((seconds, index) =>
          ratios[index].push(seconds / taken[0])
        );
      }
      return ratios.map((all) => all.sort((a, b) => a - b)[ROUNDS >> 1]);
    } finally {
      for (const program of programs) program.destroy();
    }
  }

  /** Compiles a variant and gives its operands their values. */
  async #open(gpu: Gpu, variant: string): Promise<Executable> {
    const timestamps = !gpu.capabilities.software &&
      gpu.capabilities.features.has("timestamp-query");
    const program = await Executable.compile(
      gpu,
      this.#plan(variant, gpu.capabilities),
      { profile: timestamps },
    );
    this.#fill(program);
    return program;
  }

  async #measure(program: Executable, fastest: number): Promise<number> {
    const { times, seconds } = await this.#firstBatch(program);
    let least = seconds / times;
    for (let batch = 1; batch < BATCHES; batch++) {
      if (batch > 1 && least > HOPELESS * fastest) break;
      least = Math.min(least, await this.#run(program, times) / times);
    }
    return least;
  }

  /** Finds how many runs make a batch, and times them. */
  async #firstBatch(
    program: Executable,
  ): Promise<{ readonly times: number; readonly seconds: number }> {
    for (let times = 1;; times *= 2) {
      const seconds = await this.#run(program, times);
      if (seconds >= BATCH_SECONDS) return { times, seconds };
    }
  }

  /** Seconds that so many runs take: by timestamps where there are any. */
  async #run(program: Executable, times: number): Promise<number> {
    const before = totalSeconds(await program.profile());
    const start = performance.now();
    program.submit(new Array<string>(times).fill("run"));
    await program.finished();
    const waited = (performance.now() - start) / 1000;
    return program.profiled
      ? totalSeconds(await program.profile()) - before
      : waited;
  }

  #plan(variant: string, capabilities: Capabilities): Plan {
    const { key } = this.#problem;
    return planProgram(new Map([["run", this.#graph]]), capabilities, {
      keep: this.#results,
      tensors: [...this.#graph.operands.keys()],
      choose(problem, candidates) {
        const chosen = candidates.find(({ name }) => name === variant);
        return problem === key && chosen ? chosen : candidates[0];
      },
    });
  }

  get #results(): Tensor[] {
    return this.#graph.nodes.flatMap(({ outputs }) => Object.values(outputs));
  }

  #fill(program: Executable): void {
    for (const [tensor, values] of this.#graph.operands) {
      program.write(tensor, values);
    }
  }

  /** Results of the heuristic's choice, the first that is checked. */
  readonly #standard = new Map<Tensor, Float32Array>();

  async #check(program: Executable, variant: string): Promise<void> {
    const results = new Map<Tensor, Float32Array>();
    for (const tensor of this.#results) {
      if (tensor.dtype === "f32") {
        results.set(tensor, await program.read(tensor));
      }
    }
    if (this.#reference) {
      const { operands } = this.#graph;
      const expected = this.#reference((tensor) =>
        operands.get(tensor) as Float32Array
      );
      for (const { tensor, index, value, tolerance } of expected) {
        const found = results.get(tensor)?.[index] ?? NaN;
        if (Math.abs(found - value) <= tolerance) continue;
        throw new WrongResult(this.#problem.key, variant, index, found, value);
      }
      return;
    }
    for (const [tensor, values] of results) {
      const standard = this.#standard.get(tensor);
      if (!standard) this.#standard.set(tensor, values);
      else compare(values, standard, this.#problem.key, variant);
    }
  }
}

/** Rounding in another order changes results by less, by far. */
const LARGEST_DIFFERENCE = 2 ** -12;

function compare(
  values: Float32Array,
  standard: Float32Array,
  key: string,
  variant: string,
): void {
  const largest = standard.reduce(
    (most, value) => Math.max(most, Math.abs(value)),
    0,
  );
  values.forEach((value, index) => {
    const difference = Math.abs(value - standard[index]);
    if (difference <= LARGEST_DIFFERENCE * largest) return;
    throw new WrongResult(key, variant, index, value, standard[index]);
  });
}

/** A variant computes something else than it should. */
class WrongResult extends Error {
  override readonly name = "WrongResult";

  constructor(
    key: string,
    variant: string,
    index: number,
    found: number,
    expected: number,
  ) {
    super(
      `${variant} is wrong for ${key}: element ${index} is ${found}, and ` +
        `should be ${expected}`,
    );
  }
}

function totalSeconds(
  entries: readonly { readonly seconds: number }[],
): number {
  return entries.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** A graph that fills its operands: f32 between −½ and ½, u32 with zeros. */
class OperandGraph extends Graph {
  readonly operands = new Map<Tensor, Float32Array | Uint32Array>();
  #state = 1;

  override input(
    name: string,
    shape: readonly number[],
    dtype: Tensor["dtype"] = "f32",
  ): Tensor {
    const tensor = super.input(name, shape, dtype);
    const count = elementCount(shape);
    this.operands.set(
      tensor,
      dtype === "u32"
        ? new Uint32Array(count)
        : Float32Array.from({ length: count }, () => this.#next()),
    );
    return tensor;
  }

  /** A linear congruential generator: fixed and fast, which is enough here. */
  #next(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return this.#state / 2 ** 32 - 0.5;
  }
}
