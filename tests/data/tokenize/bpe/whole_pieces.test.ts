import { assertEquals } from "@std/assert";
import type { Document } from "../../../../data/document.ts";
import { Random } from "../../../../data/random.ts";
import { countPieces } from "../../../../data/tokenize/bpe/count_worker.ts";
import { type SplitName, SPLITS } from "../../../../data/tokenize/bpe/split.ts";
import { wholePieces } from "../../../../data/tokenize/bpe/whole_pieces.ts";
import { fuzzedText } from "../fuzzed_text.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Counts by pre-token. */
function counted(texts: string[], split: SplitName): Map<string, number> {
  const { bytes, lengths, counts } = countPieces(texts, split);
  const found = new Map<string, number>();
  let at = 0;
  lengths.forEach((length, i) => {
    found.set(decoder.decode(bytes.subarray(at, at + length)), counts[i]);
    at += length;
  });
  return new Map([...found].sort(([a], [b]) => a < b ? -1 : 1));
}

Deno.test("a document in pieces has the pre-tokens of the whole", async () => {
  const seed = 99;
  const random = new Random(seed);
  for (let i = 0; i < 200; i++) {
    const whole = Array.from({ length: 5 }, () => fuzzedText(random)).join("")
      .toWellFormed();
    const pieces: Document[] = [];
    for (let at = 0; at < whole.length;) {
      let end = Math.min(whole.length, at + 1 + random.integer(60));
      if (!whole.slice(at, end).isWellFormed()) end++;
      const text = whole.slice(at, end);
      pieces.push({ id: "a", text, continues: end < whole.length });
      at = end;
    }
    const texts = await Array.fromAsync(wholePieces(pieces));
    assertEquals(texts.join(""), whole);
    for (const split of ["gpt2", "gpt4", "gpt4-2digits"] as const) {
      assertEquals(
        counted(texts, split),
        counted([whole], split),
        `text ${i} of seed ${seed}, split ${split} of ${
          Object.keys(SPLITS).length
        }`,
      );
    }
  }
});
