import { assertEquals } from "@std/assert";
import { elementCount } from "../../kernels/ops/tensor.ts";
import { parityBatch, parityWeights } from "./generator.ts";
import { PARITY_FAMILIES, readParityReference } from "./reference.ts";

for (const family of PARITY_FAMILIES) {
  Deno.test(`weights and tokens of ${family} are those that PyTorch had`, async () => {
    const { generator, gradients } = await readParityReference(family);
    assertEquals(
      Object.keys(generator.weights),
      Object.keys(gradients),
    );
    for (const [name, values] of Object.entries(generator.weights)) {
      const count = Math.min(3, elementCount(gradients[name].shape));
      assertEquals([...parityWeights(name, count)], values, name);
    }
    const { inputs, targets } = parityBatch(0);
    assertEquals([...inputs], generator.inputs);
    assertEquals([...targets], generator.targets);
  });
}
