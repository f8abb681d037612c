import { assertAlmostEquals, assertEquals } from "@std/assert";
import { phi2OnPaper } from "../../../model/budget/paper_modes.ts";

Deno.test("Phi-2's parameters are those of its checkpoint", () => {
  // The sum of the sizes in microsoft/phi-2's model.safetensors.index.json.
  assertEquals(phi2OnPaper().parameters, 2_779_683_840);
});

Deno.test("Phi-2's bytes are what its modes are known to take", () => {
  const gib = Object.fromEntries(
    phi2OnPaper().modes.map(({ mode, stateBytes }) => [
      mode,
      Number((stateBytes / 2 ** 30).toFixed(2)),
    ]),
  );
  // 2,779,683,840 parameters by bytes each; r16 adapters on six matrices a
  // block are 23.6 M more, with 16 bytes each.
  assertEquals(gib, {
    "f32 AdamW": 41.42,
    "mixed precision, f32 master weights": 41.42,
    "16-bit weights and gradients, f32 moments": 31.07,
    "all in 16 bits": 20.71,
    "16 bits, 8-bit moments": 15.53,
    "16 bits, 8-bit moments, fused update": 10.36,
    "LOMO: 16 bits, fused, no moments": 5.18,
    "LoRA r16 on 16 bits": 5.53,
    "QLoRA r16 on NF4, double quantisation": 2.05,
  });
});

Deno.test("Phi-2's activations are 170 MiB a block, or 10 MiB of its input", () => {
  const { keptBytes, replayedBytes } = phi2OnPaper();
  assertAlmostEquals(keptBytes / 2 ** 20, 32 * 170, 1);
  assertAlmostEquals(replayedBytes / 2 ** 20, 320 + 170, 1);
});
