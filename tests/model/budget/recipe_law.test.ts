import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { trainingRecipe } from "../../../model/budget/recipe_law.ts";

Deno.test("batch and learning rate are those of StepLaw", () => {
  const recipe = trainingRecipe({
    blockParameters: 1e9,
    tokens: 1e11,
    context: 2048,
    batchLaw: "steplaw",
  });
  // 1.79 · 10^(−0.713·9 + 0.307·11) and 0.58 · 10^(0.571·11) = 1.108 M tokens,
  // of which 512 sequences are the nearest power of two.
  assertAlmostEquals(recipe.learningRate, 1.63e-3, 1e-5);
  assertEquals(recipe.sequences, 512);
  assertEquals(recipe.held, false);
});

Deno.test("Power Lines' batch grows more slowly and agrees at 10 G tokens", () => {
  const sequences = (tokens: number, batchLaw: "steplaw" | "powerlines") =>
    trainingRecipe({ blockParameters: 1e9, tokens, context: 64, batchLaw })
      .sequences;
  assertEquals(sequences(1e10, "steplaw"), sequences(1e10, "powerlines"));
  // 100^0.383 = 5.8 and 100^0.571 = 13.9, as powers of two.
  assertEquals(sequences(1e12, "powerlines") / sequences(1e10, "steplaw"), 8);
  assertEquals(sequences(1e12, "steplaw") / sequences(1e10, "steplaw"), 16);
});

Deno.test("small models and short runs are kept within reason", () => {
  const recipe = trainingRecipe({
    blockParameters: 5e4,
    tokens: 1e6,
    context: 128,
    batchLaw: "steplaw",
  });
  assertEquals(recipe.learningRate, 5e-3);
  assert(recipe.held);
  const steps = (tokens: number, sequences: number) => tokens / sequences / 128;
  assert(steps(1e6, recipe.sequences) >= 1500);
  // Steps of 512 tokens are worth more than still more steps.
  const short = trainingRecipe({
    blockParameters: 1e5,
    tokens: 266_240,
    context: 128,
    batchLaw: "steplaw",
  });
  assertEquals(short.sequences, 4);
  const shortest = trainingRecipe({
    blockParameters: 5e4,
    tokens: 100,
    context: 128,
    batchLaw: "powerlines",
  });
  assertEquals(shortest.sequences, 1);
});
