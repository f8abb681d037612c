import { assert, assertEquals } from "@std/assert";
import { ByteLevelTokenizer } from "../../../data/tokenize/byte_level.ts";
import { tokenizerOf } from "../../../data/tokenize/tokenizer_of.ts";
import {
  encodingHash,
  encodingTexts,
  encodingTokenizers,
} from "./encoding_cases.ts";
// Made by tests/parity/bpe.ts with Hugging Face's Rust library.
import hashes from "./testdata/bpe_hashes.json" with { type: "json" };

Deno.test("novels, pages and hard texts encode as in Rust and decode again", async (t) => {
  const expected: Readonly<Record<string, Readonly<Record<string, string>>>> =
    hashes.ids;
  const sets = await encodingTexts();
  for (const [name, tokenizer] of await encodingTokenizers()) {
    const own = tokenizerOf({ tokenizer, path: name });
    assert(own instanceof ByteLevelTokenizer, `${name} has the fast encoder`);
    for (const [set, texts] of sets) {
      await t.step(`${name}, ${set}`, async () => {
        const encoded = texts.map((text) => own.encode(text));
        const changed = encoded.findIndex((ids, i) =>
          own.decode(ids) !== texts[i]
        );
        assertEquals(changed, -1);
        assertEquals(await encodingHash(encoded), expected[name][set]);
      });
    }
  }
});
