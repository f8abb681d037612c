import { assert, assertEquals } from "@std/assert";
import { TrainingSession } from "../../../model/train/training_session.ts";
import { testDevice } from "../../kernels/harness.ts";
import { nonzeroValues } from "../nonzero_values.ts";
import {
  TINY_LLAMA_YAML,
  TINY_RECIPE_YAML,
  TINY_VOCABULARY,
  TINY_YAML,
  tinySession,
} from "../tiny_run.ts";

for (
  const [name, yaml] of [
    ["gpt2", TINY_YAML],
    ["llama", TINY_LLAMA_YAML],
    ["llama with more", TINY_RECIPE_YAML],
  ]
) {
  Deno.test(`${name}: what gradients held before a step is gone`, async () => {
    const options = tinySession(yaml);
    const session = await TrainingSession.open(await testDevice(), options);
    const { executable, program, model: { parameters } } = session;
    for (const { tensor, values } of nonzeroValues(parameters, 1)) {
      executable.write(tensor, values);
    }
    const tokens = Uint32Array.from(
      { length: options.shape.batch * options.shape.context },
      (_, i) => i * i % TINY_VOCABULARY,
    );
    executable.write(program.scale, Float32Array.of(1 / tokens.length));
    executable.write(program.tokens, tokens);
    executable.write(program.targets, tokens.toReversed());
    const packs = [...parameters.packs];
    const run = async (held: number, phases: readonly string[]) => {
      for (const { gradient } of packs) {
        const [length] = gradient.shape;
        executable.write(gradient, new Float32Array(length).fill(held));
      }
      executable.submit(phases);
      const read: Record<string, Float32Array> = {};
      for (const { part, tensor } of parameters.partTensors("gradient")) {
        // Zero and minus zero are the same to a sum.
        read[part.name] = (await executable.read(tensor)).map((x) => x + 0);
      }
      return read;
    };
    const summed = await run(0, ["accumulate"]);
    const fresh = await run(NaN, ["micro"]);
    const twice = await run(NaN, ["micro", "accumulate"]);
    const summedTwice = await run(0, ["accumulate", "accumulate"]);
    session.close();
    assert(Object.values(summed).every((values) => values.some((x) => x)));
    assertEquals(fresh, summed);
    assertEquals(twice, summedTwice);
  });
}
