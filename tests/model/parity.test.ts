import { assertAlmostEquals, assertEquals } from "@std/assert";
import { elementCount } from "../../kernels/ops/tensor.ts";
import { matmul } from "../../kernels/ops/matmul.ts";
import { Executable } from "../../kernels/plan/executable.ts";
import { Graph } from "../../kernels/plan/graph.ts";
import { planProgram } from "../../kernels/plan/plan_program.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import { LanguageModel } from "../../model/language_model.ts";
import { parseModelConfig } from "../../model/model_config.ts";
import type { OptimizerKind } from "../../model/parameter_pack.ts";
import { parseRunConfig } from "../../model/train/parse_run_config.ts";
import { TrainingSession } from "../../model/train/training_session.ts";
import { deviceWithGpuKernels } from "../kernels/gpu_kernels.ts";
import { assertClose, testDevice } from "../kernels/harness.ts";
import {
  BATCH,
  CONTEXT,
  parityBatch,
  parityWeights,
  VOCABULARY,
} from "../parity/generator.ts";
import { PARITY_FAMILIES, readParityReference } from "../parity/reference.ts";

const OPTIMIZER = {
  ...parseRunConfig("", "defaults").optimizer,
  momentum: 0.95,
  learning_rate: 1e-3,
  minimum_learning_rate: 0,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weight_decay: 0.1,
  clip: 1,
};

for (const family of PARITY_FAMILIES) {
  const reference = await readParityReference(family);
  const config = parseModelConfig(reference.config, `${family}.json`);

  Deno.test(`${family}: logits equal PyTorch's within 1e-4`, async () => {
    const gpu = await testDevice();
    const model = new LanguageModel(
      config,
      gpu.capabilities.limits.maxBufferSize,
    );
    const graph = new Graph();
    const tokens = graph.input("tokens", [BATCH * CONTEXT], "u32");
    const { hidden, head } = model.sequences(graph, tokens, CONTEXT);
    const logits = matmul(graph, { a: hidden, b: head }, { layout: "nt" });
    const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
      keep: [logits],
    });
    const program = await Executable.compile<number>(gpu, plan);
    upload(program, model);
    program.write(tokens, parityBatch(0).inputs);
    program.submit(["run"]);
    const values = await program.read(logits);
    program.destroy();
    for (const { row, values: expected } of reference.logits.rows) {
      const actual = values.subarray(row * VOCABULARY, (row + 1) * VOCABULARY);
      assertClose(actual, expected, 1e-4, `logits of row ${row}`);
    }
    const { indices, values: expected } = reference.logits.samples;
    assertClose(indices.map((i) => values[i]), expected, 1e-4, "logits");
  });

  Deno.test(`${family}: every named gradient equals PyTorch's`, async () => {
    const session = await open(await testDevice());
    upload(session.executable, session.model);
    const { program, executable, model } = session;
    const { inputs, targets } = parityBatch(0);
    executable.write(program.tokens, inputs);
    executable.write(program.targets, targets);
    executable.write(program.scale, Float32Array.of(1 / (BATCH * CONTEXT)));
    executable.submit(["micro"]);
    const named = new Map<string, Float32Array>();
    for (const { part, tensor } of model.parameters.partTensors("gradient")) {
      named.set(part.name, await executable.read(tensor));
    }
    session.close();
    assertEquals(
      [...named.keys()].sort(),
      Object.keys(reference.gradients).sort(),
    );
    for (
      const [name, { norm, samples }] of Object.entries(reference.gradients)
    ) {
      const values = named.get(name) ?? new Float32Array();
      const actual = Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));
      // Relative to the gradient's norm, as the project promises.
      assertAlmostEquals(actual, norm, 1e-3 * norm, `norm of ${name}`);
      samples.indices.forEach((index, i) =>
        assertAlmostEquals(
          values[index],
          samples.values[i],
          1e-3 * norm,
          `gradient of ${name} at ${index}`,
        )
      );
    }
  });

  const adamw = {
    kind: "adamw",
    rate: 1e-3,
    losses: reference.losses,
    norms: reference.gradient_norms,
  } as const;
  const runs = [
    { ...adamw, name: "adamw", device: testDevice },
    {
      ...adamw,
      name: "adamw with the kernels of GPUs",
      device: deviceWithGpuKernels,
    },
    {
      name: "muon",
      device: testDevice,
      kind: "muon",
      rate: 5e-3,
      losses: reference.muon_losses,
      norms: reference.muon_gradient_norms,
    },
  ] as const;
  for (const { name, device, kind, rate, losses, norms } of runs) {
    Deno.test(`${family}: ten steps of ${name} lose what PyTorch's do`, async () => {
      const gpu = await device();
      const session = await open(gpu, kind);
      assertEquals(
        [...session.variants.values()].some((variant) =>
          variant.startsWith("workgroup_")
        ),
        !gpu.capabilities.software,
      );
      upload(session.executable, session.model);
      for (const [index, expected] of losses.entries()) {
        const step = index + 1;
        session.step([parityBatch(index)], { step, learningRate: rate });
        const { loss = NaN, gradientNorm = NaN } = await session.result() ?? {};
        assertAlmostEquals(loss, expected, 1e-4, `loss ${index}`);
        assertAlmostEquals(gradientNorm, norms[index], 1e-3, `norm ${index}`);
      }
      session.close();
      if (gpu !== await testDevice()) gpu.close();
    });
  }

  const open = (gpu: Gpu, kind: OptimizerKind = "adamw") =>
    TrainingSession.open(gpu, {
      config,
      shape: { batch: BATCH, context: CONTEXT, vocabulary: VOCABULARY },
      optimizer: { ...OPTIMIZER, kind },
      memory: { recompute: "none", limit: null },
      samples: false,
    });
}

function upload(program: Executable<number>, model: LanguageModel): void {
  for (const { part, tensor } of model.parameters.partTensors("weight")) {
    program.write(tensor, parityWeights(part.name, elementCount(part.shape)));
  }
}
