import { assertEquals } from "@std/assert";
import { EXACT_DUPLICATES } from "../../../data/curate/exact_duplicates.ts";
import type { Document } from "../../../data/document.ts";
import { Random } from "../../../data/random.ts";
import { runCorpusStep } from "./run_corpus_step.ts";

const TEXTS = [
  "A b.",
  "a B",
  "A b.",
  "é 1",
  "e\u0301 7",
  "",
  "",
  "…",
  "!",
  "a b c",
];
const DOCUMENTS: readonly Document[] = TEXTS.map((text, i) => ({
  id: String(i),
  text,
  metadata: { i },
}));

async function kept(normalized: boolean): Promise<string> {
  const result = await runCorpusStep(EXACT_DUPLICATES, DOCUMENTS, {
    normalized,
  });
  return result.kept.map(({ id }) => id).join(" ");
}

Deno.test("the first of equal texts is kept", async () => {
  assertEquals(await kept(false), "0 1 3 4 5 7 8 9");
  const { dropped } = await runCorpusStep(EXACT_DUPLICATES, DOCUMENTS);
  assertEquals(dropped, [["2", "exact_duplicate"], ["6", "exact_duplicate"]]);
});

Deno.test("normalised, texts with the same words are equal", async () => {
  // Those without a word are all kept.
  assertEquals(await kept(true), "0 3 5 6 7 8 9");
});

Deno.test("memory changes nothing, and a set agrees", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`seed ${seed}`);
  const random = new Random(seed);
  const documents = Array.from({ length: 5000 }, (_, i): Document => ({
    id: String(i),
    text: `text ${random.integer(3000)}`,
  }));
  const seen = new Set<string>();
  const expected = documents.filter(({ text }) =>
    seen.size < seen.add(text).size
  );
  for (const memory_mib of [0.01, 256]) {
    const result = await runCorpusStep(EXACT_DUPLICATES, documents, {
      memory_mib,
    });
    assertEquals(result.kept, expected);
  }
});
