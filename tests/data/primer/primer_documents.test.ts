import { assert, assertEquals, assertLess } from "@std/assert";
import { primerDocuments } from "../../../data/primer/primer_documents.ts";
import { primerExercises } from "../../../data/primer/primer_exercises.ts";

function text(seed: number, bytes: number): string {
  let all = "";
  for (const document of primerDocuments({ seed, bytes })) all += document.text;
  return all;
}

Deno.test("the first document of seed 1 never changes", async () => {
  const [document] = primerDocuments({ seed: 1, documents: 1 });
  const bytes = new TextEncoder().encode(document.text);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  assertEquals(document.id, "primer/1/0");
  // The hash of what this generator wrote when it was first released: a change
  // here changes every result that was measured on the primer.
  assertEquals(
    hash.toHex(),
    "af2cf0814921209e853aa77d66261208a7426d80997b2ac5d499be03d8af7d4a",
  );
});

Deno.test("no exercise is in any training text", () => {
  const trained = text(1, 3_000_000) + text(2, 3_000_000);
  const exercises = primerExercises({ seed: 3, perSkill: 150 });
  const prompts = new Set(trained.match(/^Q: .* A:/gm));
  assert(prompts.size > 10_000, `only ${prompts.size} prompts to look through`);
  for (const { prompt, choices, answer } of exercises) {
    assert(!prompts.has(prompt), prompt);
    assert(!trained.includes(prompt + choices[answer]), prompt);
  }
});

Deno.test("the primer is plain ASCII without stray spaces or articles", () => {
  const all = text(4, 1_000_000);
  assertEquals(all.match(/[^\n\x20-\x7e]/), null);
  assertEquals(all.match(/ {2}|^ | $| [.,?]|\n\n/m), null);
  assertEquals(all.match(/\ba (?!and)[aeiou]|\ban [^aeiou]/), null);
  assertEquals(all.match(/undefined|NaN|null|\[object/), null);
  assertEquals(all.match(/\b1 (?!plus|minus|is)\w+s\b/), null);
});

Deno.test("size and count end the corpus", () => {
  const size = text(5, 100_000).length;
  assert(size >= 100_000 && size < 102_000, `${size} bytes`);
  assertEquals([...primerDocuments({ seed: 5, documents: 7 })].length, 7);
  assertEquals([...primerDocuments({ seed: 5, bytes: 0 })], []);
});

Deno.test("the same seed gives the same text, another seed another", () => {
  assertEquals(text(6, 20_000), text(6, 20_000));
  assert(text(6, 20_000) !== text(7, 20_000));
});

Deno.test("problems grow harder along the corpus", () => {
  const documents = [...primerDocuments({ seed: 8, documents: 2000 })];
  const pairs = (part: typeof documents) =>
    part.map(({ text }) => text).join("").match(/: \d+ or \d+\?/g)?.length ?? 0;
  assertLess(pairs(documents.slice(1500)) * 2, pairs(documents.slice(0, 500)));
});

Deno.test("a megabyte takes less than a second", () => {
  text(9, 100_000);
  const start = performance.now();
  text(10, 1_000_000);
  assertLess(performance.now() - start, 1000);
});
