import { InputError } from "../data/input_error.ts";
import type { Executable } from "../kernels/plan/executable.ts";
import type { WeightSource } from "./io/weight_source.ts";
import type { ParameterKind } from "./parameter_pack.ts";
import type { ParameterSet } from "./parameter_set.ts";

/** Prefixes that some checkpoints of the same family leave out. */
const OPTIONAL_PREFIXES = ["transformer.", "model."];

/**
 * Uploads weights or moments into a program.
 *
 * @param executable Program that holds the parameters.
 * @param parameters Which tensors there are.
 * @param source Where the values come from.
 * @param kind What the values are.
 * @param suffix What the names in the source have after a parameter's name.
 * @throws {InputError} if a tensor is missing or has another shape.
 *
 * @example
 * ```ts
 * import {
 *   Executable,
 *   Graph,
 *   loadWeights,
 *   matmul,
 *   openDevice,
 *   ParameterSet,
 *   planProgram,
 * } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const parameters = new ParameterSet([{
 *   key: "w",
 *   parts: [{ name: "layer.weight", shape: [1, 2] }],
 *   decay: true,
 *   initial: { kind: "zeros" },
 * }], 2 ** 28);
 * const graph = new Graph();
 * const x = graph.constant("x", [1, 2], Float32Array.of(3, 4));
 * const y = matmul(graph, { a: x, b: parameters.weight("w") }, { layout: "nt" });
 *
 * const gpu = await openDevice();
 * const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
 *   keep: [y],
 * });
 * const program = await Executable.compile(gpu, plan);
 * await loadWeights(program, parameters, {
 *   names: ["layer.weight"],
 *   shape: (name) => name === "layer.weight" ? [1, 2] : undefined,
 *   read: () => Promise.resolve(Float32Array.of(1, 10)),
 *   close: () => {},
 * });
 * program.submit(["run"]);
 * assertEquals([...await program.read(y)], [43]);
 * gpu.close();
 * ```
 */
export async function loadWeights(
  executable: Pick<Executable, "write">,
  parameters: ParameterSet,
  source: WeightSource,
  kind: ParameterKind = "weight",
  suffix: string = "",
): Promise<void> {
  for (const { part, tensor } of parameters.partTensors(kind)) {
    const name = namesOf(part.name)
      .map((candidate) => candidate + suffix)
      .find((candidate) => source.shape(candidate));
    const shape = name === undefined ? undefined : source.shape(name);
    if (name === undefined || shape === undefined) {
      throw new InputError(
        suffix === ""
          ? `Cannot load the model: tensor "${part.name}" is missing; ` +
            `does config.json belong to these weights?`
          : `Cannot load the optimizer: tensor "${part.name}${suffix}" is ` +
            `missing; was it another optimizer.kind?`,
      );
    }
    if (shape.join() !== part.shape.join()) {
      throw new InputError(
        `Cannot load the model: tensor "${name}" is [${shape}] and config.json ` +
          `asks for [${part.shape}]`,
      );
    }
    executable.write(tensor, await source.read(name));
  }
}

/** The name, then the name without an optional prefix. */
function namesOf(name: string): string[] {
  const prefix = OPTIONAL_PREFIXES.find((start) => name.startsWith(start));
  return prefix ? [name, name.slice(prefix.length)] : [name];
}
