import { assertEquals } from "@std/assert";
import { nearest } from "../../data/nearest.ts";

const WORDS = ["learning_rate", "batch", "seed", "steps"];

Deno.test("nearest finds the word behind a typo", () => {
  assertEquals(nearest("lerning_rate", WORDS), "learning_rate");
  assertEquals(nearest("learning-rate", WORDS), "learning_rate");
  assertEquals(nearest("Seed", WORDS), "seed");
  assertEquals(nearest("sede", WORDS), "seed");
  assertEquals(nearest("step", WORDS), "steps");
});

Deno.test("nearest stays silent when nothing is near", () => {
  assertEquals(nearest("optimizer", WORDS), undefined);
  assertEquals(nearest("x", []), undefined);
});

Deno.test("nearest prefers the earlier of equally near words", () => {
  assertEquals(nearest("cat", ["bat", "hat"]), "bat");
});
