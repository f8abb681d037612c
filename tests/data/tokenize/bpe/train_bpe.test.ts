import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Document } from "../../../../data/document.ts";
import { InputError } from "../../../../data/input_error.ts";
import { Random } from "../../../../data/random.ts";
import { readDocuments } from "../../../../data/read/read_documents.ts";
import {
  trainBpe,
  type TrainBpeOptions,
} from "../../../../data/tokenize/bpe/train_bpe.ts";
import { loadTokenizer } from "../../../../data/tokenize/load_tokenizer.ts";
import { sharedData } from "../../shared_data.ts";
import { withFolder } from "../../with_folder.ts";
// Made by tests/parity/bpe.ts with Hugging Face's trainer.
import hashes from "../testdata/bpe_hashes.json" with { type: "json" };

const text = (content: string): Document[] => [{ id: "text", text: content }];

function words(seed: number, count: number): string {
  const random = new Random(seed);
  return Array.from(
    { length: count },
    () => "aabcde".slice(random.integer(6)) + "abc".slice(random.integer(3)),
  ).join(" ");
}

Deno.test("merges of the reference corpus are those of the reference", async () => {
  const corpus = sharedData("bpe_oracle/corpus.en");
  const expected = sharedData("bpe_oracle/train-bpe-reference-merges.txt");
  if (corpus === null || expected === null) return;
  const { merges } = await trainBpe(readDocuments([corpus]), {
    vocabSize: 500,
    split: "gpt2",
    ties: "bytes",
  });
  assertEquals(
    merges,
    (await Deno.readTextFile(expected)).trimEnd().split("\n"),
  );
});

for (const split of ["gpt2", "gpt4"] as const) {
  Deno.test(`merges of five novels are Hugging Face's, split ${split}`, async () => {
    const books = sharedData("text/gutenberg_books.jsonl");
    if (books === null) return;
    const { merges } = await trainBpe(readDocuments([books]), {
      vocabSize: 8192,
      split,
    });
    const bytes = new TextEncoder().encode(merges.join("\n"));
    const hash = await crypto.subtle.digest("SHA-256", bytes);
    assertEquals(new Uint8Array(hash).toHex(), hashes.merges[split]);
  });
}

Deno.test("merges do not depend on the number of workers", async () => {
  const corpus: Document[] = [];
  for (let seed = 1; seed <= 30; seed++) {
    corpus.push({
      id: String(seed),
      text: words(seed, 20_000),
      continues: seed % 3 !== 0,
    });
  }
  const train = (workers: number) =>
    trainBpe(corpus, { vocabSize: 400, workers });
  assertEquals(await train(2), await train(0));
});

Deno.test("what is held of rare pieces is bounded and told", async () => {
  const rare = Array.from(
    { length: 1000 },
    (_, i) => i.toString(2).replaceAll("0", "x").replaceAll("1", "y"),
  );
  const corpus = text(rare.map((word) => ` low ${word} low`).join(""));
  const { merges, pieces, pruned } = await trainBpe(corpus, {
    vocabSize: 260,
    maxPieces: 100,
  });
  assert(pieces <= 100);
  assert(pruned > 0);
  // The blank's id is less than that of the merged "lo".
  assertEquals(merges, ["l o", "Ġ lo", "Ġlo w"]);
});

Deno.test("equally frequent pairs go by ids or by bytes", async () => {
  const train = async (ties: TrainBpeOptions["ties"]) =>
    (await trainBpe(text("ab yz"), { vocabSize: 258, ties })).merges;
  // Once each: ab, " y", "yz". The space has the greatest id, Ġ's.
  assertEquals(await train("ids"), ["a b"]);
  assertEquals(await train("bytes"), ["y z"]);
});

Deno.test("a run of one letter is merged from the left", async () => {
  // Of "aa aa" and "aa a", which come once each, the latter has the least ids.
  const { merges, tokens } = await trainBpe(text("aaaaa"), { vocabSize: 259 });
  assertEquals(merges, ["a a", "aa a"]);
  assertEquals(tokens, 2);
});

Deno.test("a million blanks and a line without any take seconds", async () => {
  const random = new Random(7);
  const letters = Array.from(
    { length: 1 << 20 },
    () => "acgt"[random.integer(4)],
  ).join("");
  const started = performance.now();
  const hostile = [" ".repeat(1 << 20), letters, "x".repeat(1 << 20)];
  const { merges } = await trainBpe(hostile.flatMap(text), { vocabSize: 2000 });
  assertEquals(merges.length, 1743);
  assert(performance.now() - started < 60_000);
});

Deno.test("special tokens come first, unused ones last", async () => {
  await withFolder(async (folder) => {
    const { files, vocabSize } = await trainBpe(text("low lower lowest"), {
      vocabSize: 262,
      special: ["<|user|>"],
      padTo: 64,
    });
    assertEquals(vocabSize, 320);
    for (const [name, content] of files) {
      await Deno.writeTextFile(`${folder}/${name}`, content);
    }
    const tokenizer = await loadTokenizer(folder);
    assertEquals(tokenizer.vocabSize, 320);
    assertEquals(tokenizer.endOfText, 0);
    assertEquals(
      tokenizer.decode(tokenizer.encode("<|user|> low")),
      "<|user|> low",
    );
    assertEquals(tokenizer.decode([1, 319]), "");
  });
});

Deno.test("what cannot be trained is named", async () => {
  const refuse = async (
    options: TrainBpeOptions,
    what: string,
    corpus = "a",
  ) => {
    const documents = corpus === "" ? [] : text(corpus);
    await assertRejects(() => trainBpe(documents, options), InputError, what);
  };
  await refuse({ vocabSize: 256 }, "alone are 257");
  await refuse({ vocabSize: 300 }, "no text", "");
  await refuse({ vocabSize: 300, special: [""] }, "empty");
  await refuse({ vocabSize: 300, special: ["<a>", "<a>"] }, "given twice");
  await refuse({ vocabSize: 300, special: ["a"] }, "spelling of a byte");
  await refuse({ vocabSize: 300, special: ["low"] }, "ordinary token", "low");
  await refuse(
    { vocabSize: 300, special: ["<|unused_0|>"], padTo: 64 },
    "Cannot pad",
  );
});
