import { assertEquals } from "@std/assert";
import { modelShapes } from "../../../model/budget/model_shape.ts";
import { stepRate } from "../../../model/budget/step_rate.ts";

Deno.test("small steps pay more for the update than large ones", () => {
  const [shape] = modelShapes({
    vocabSize: 16,
    context: 16,
    bosTokenId: null,
    eosTokenId: null,
  });
  const device = { rate: () => 1e10, updateTokens: () => 512 };
  assertEquals(stepRate(device, shape, 512), 5e9);
  assertEquals(stepRate(device, shape, 1536), 7.5e9);
});
