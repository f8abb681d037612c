import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { parseComparison } from "../../bench/recipes/comparison.ts";
import { mean, standardDeviation } from "../../bench/support/statistics.ts";
import { InputError } from "../../data/input_error.ts";
import { parseRunConfig } from "../../model/train/parse_run_config.ts";

const RECIPES = join(
  dirname(dirname(dirname(fromFileUrl(import.meta.url)))),
  "bench",
  "recipes",
);

Deno.test("every recipe that is compared is a run's configuration", async () => {
  const path = join(RECIPES, "comparison.yaml");
  const recipes = parseComparison(await Deno.readTextFile(path), path);
  assertEquals(recipes[0].name, "plain");
  for (const { file, overrides } of recipes) {
    const text = await Deno.readTextFile(join(RECIPES, file));
    const { train } = parseRunConfig(text, file, overrides);
    assertEquals(typeof train.steps, "number");
  }
});

Deno.test("a recipe may change keys of its file", () => {
  const [recipe] = parseComparison(
    "slow: { file: a.yaml, set: { optimizer.learning_rate: 1e-4 } }",
    "list",
  );
  assertEquals(recipe, {
    name: "slow",
    file: "a.yaml",
    seeds: 1,
    overrides: { "optimizer.learning_rate": "0.0001" },
  });
});

for (
  const [text, message] of [
    ["[]", "must be a mapping"],
    ["a: 1", 'list: "a" is 1; it must be a mapping'],
    ["a: {}", '"file" is'],
    ["a: { file: x, seeds: 0 }", '"seeds" is 0'],
    ["a: { file: x, sets: {} }", 'unknown key "sets"'],
  ] as const
) {
  Deno.test(`a list of recipes is refused: ${text}`, () => {
    assertThrows(() => parseComparison(text, "list"), InputError, message);
  });
}

Deno.test("mean and deviation of a sample", () => {
  assertEquals(mean([1, 2, 6]), 3);
  assertAlmostEquals(standardDeviation([1, 2, 6]), Math.sqrt(7));
});
