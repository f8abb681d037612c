import { assertEquals } from "@std/assert";
import { Random } from "../../../../data/random.ts";
import { SPLITS } from "../../../../data/tokenize/bpe/split.ts";
import { fuzzedText } from "../fuzzed_text.ts";

/** The pattern with JavaScript's spelling of what other engines mean. */
function javaScript(pattern: string): RegExp {
  const source = pattern
    .replaceAll("[^\\s", "[^\\p{White_Space}")
    .replaceAll("\\s", "\\p{White_Space}")
    .replaceAll("\\S", "\\P{White_Space}");
  return new RegExp(source, "gu");
}

for (const [name, { pattern, next }] of Object.entries(SPLITS)) {
  Deno.test(`split ${name} cuts where its pattern does`, () => {
    const seed = 20_251;
    const random = new Random(seed);
    const regex = javaScript(pattern);
    for (let i = 0; i < 2000; i++) {
      const text = fuzzedText(random).toWellFormed();
      const bytes = new TextEncoder().encode(text);
      const pieces: string[] = [];
      for (let at = 0; at < bytes.length;) {
        const end = next(bytes, at, bytes.length);
        pieces.push(
          new TextDecoder("utf-8", { ignoreBOM: true })
            .decode(bytes.subarray(at, end)),
        );
        at = end;
      }
      assertEquals(
        pieces,
        [...text.matchAll(regex)].map(([piece]) => piece),
        `text ${i} of seed ${seed}: ${JSON.stringify(text)}`,
      );
    }
  });
}
