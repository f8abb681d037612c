import { assert, assertEquals } from "@std/assert";
import type { FrequentPartsOptions } from "../../../data/curate/dedup/frequent_parts.ts";
import {
  joinParts,
  type PartKind,
  textParts,
} from "../../../data/curate/dedup/text_parts.ts";
import {
  DUPLICATE_LINES,
  DUPLICATE_PARAGRAPHS,
} from "../../../data/curate/duplicate_parts.ts";
import type { Document } from "../../../data/document.ts";
import { Random } from "../../../data/random.ts";
import { runCorpusStep } from "./run_corpus_step.ts";

const documentsOf = (texts: readonly string[]): Document[] =>
  texts.map((text, i) => ({ id: String(i), text }));

async function lines(
  texts: readonly string[],
  options: Partial<FrequentPartsOptions>,
): Promise<string[]> {
  const { kept } = await runCorpusStep(DUPLICATE_LINES, documentsOf(texts), {
    min_words: 1,
    ...options,
  });
  return kept.map(({ text }) => text);
}

Deno.test("the parts of a text are the text", () => {
  const text = "a\n\n b \n \n\tc\nd\n\n\n";
  const cut = (kind: PartKind): string[] =>
    textParts(text, kind).map(({ start, end }) => text.slice(start, end));
  assertEquals(cut("lines"), [
    "a\n",
    "\n",
    " b \n",
    " \n",
    "\tc\n",
    "d\n",
    "\n",
    "\n",
  ]);
  assertEquals(cut("paragraphs"), ["a\n\n", " b \n \n", "\tc\nd\n\n\n"]);
  for (const kind of ["lines", "paragraphs"] as const) {
    assertEquals(joinParts(text, textParts(text, kind), () => true), text);
  }
});

Deno.test("a text without some lines keeps its look", () => {
  const without = (text: string, ...gone: number[]): string =>
    joinParts(text, textParts(text, "lines"), (i) => !gone.includes(i));
  assertEquals(without("a\nb\nc", 1), "a\nc");
  assertEquals(without("a\nb\nc", 2), "a\nb");
  assertEquals(without("a\nb\nc\n", 0, 2), "b\n");
  assertEquals(without("a\n\nb\n\nc", 2), "a\n\nc");
  assertEquals(without("a\n\nb", 0), "b");
  assertEquals(without("a\nb", 0, 1), "");
});

Deno.test("lines in more documents than allowed go", async () => {
  const texts = [
    "Share this!\nOne.\n",
    "Two.\nshare   THIS",
    "Three.\nShare this…\nFour.",
    "Three.\nFour and more.",
  ];
  assertEquals(await lines(texts, { max_documents: 2 }), [
    "One.\n",
    "Two.",
    "Three.\nFour.",
    "Three.\nFour and more.",
  ]);
  assertEquals(await lines(texts, { max_documents: 3 }), texts);
  assertEquals(await lines(texts, { max_documents: 2, keep_first: true }), [
    texts[0],
    "Two.",
    "Three.\nFour.",
    texts[3],
  ]);
  assertEquals(await lines(texts, { max_documents: 1, normalized: false }), [
    texts[0],
    texts[1],
    "Share this…\nFour.",
    "Four and more.",
  ]);
  assertEquals(await lines(texts, { max_documents: 1, min_words: 2 }), [
    "One.\n",
    "Two.",
    "Three.\nFour.",
    texts[3],
  ]);
});

Deno.test("repetition inside a document is none across documents", async () => {
  const texts = ["Again.\nAgain.\nAgain.", "Other."];
  assertEquals(await lines(texts, { max_documents: 1 }), texts);
});

Deno.test("a document of which nothing is left is dropped", async () => {
  const documents = documentsOf(["All rights.", "Text.\nAll rights.", "x"]);
  const { kept, dropped } = await runCorpusStep(DUPLICATE_LINES, [
    { id: "piece", text: "Begins", continues: true },
    ...documents,
  ], { max_documents: 1, min_words: 1 });
  assertEquals(dropped, [["0", "only_duplicate_lines"]]);
  assertEquals(kept, [
    { id: "piece", text: "Begins", continues: false },
    { id: "1", text: "Text." },
    { id: "2", text: "x" },
  ]);
});

Deno.test("paragraphs go as lines do", async () => {
  const licence = "This file may be used by anyone\nfor any purpose, 2024.";
  const { kept } = await runCorpusStep(
    DUPLICATE_PARAGRAPHS,
    documentsOf(
      [1, 2, 3, 4].map((i) => `Text ${"i".repeat(i)}.\n\n${licence}`),
    ),
  );
  assertEquals(kept.map(({ text }) => text), [
    "Text i.",
    "Text ii.",
    "Text iii.",
    "Text iiii.",
  ]);
});

Deno.test("with any memory the lines are those that a map counts", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`seed ${seed}`);
  const random = new Random(seed);
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const line = (): string => {
    // Squared, so that some lines are in many documents.
    const number = Math.floor(random.uniform() ** 2 * 5000);
    return Array.from(String(number), (digit) => letters[Number(digit)])
      .join("");
  };
  const texts = Array.from(
    { length: 500 },
    () => Array.from({ length: 1 + random.integer(20) }, line).join("\n"),
  );
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const each of new Set(text.split("\n"))) {
      counts.set(each, (counts.get(each) ?? 0) + 1);
    }
  }
  const expected = texts.map((text) =>
    text.split("\n").filter((each) => (counts.get(each) ?? 0) <= 3).join("\n")
  ).filter((text) => text !== "");
  assert(expected.length > 100 && expected.join().length < texts.join().length);
  for (const memory_mib of [0.01, 256]) {
    assertEquals(
      await lines(texts, { max_documents: 3, memory_mib }),
      expected,
    );
  }
});
