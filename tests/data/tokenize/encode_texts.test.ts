import { assertEquals, assertRejects } from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import { Random } from "../../../data/random.ts";
import { trainBpe } from "../../../data/tokenize/bpe/train_bpe.ts";
import { CharacterTokenizer } from "../../../data/tokenize/characters.ts";
import { encodeTexts } from "../../../data/tokenize/encode_texts.ts";
import { tokenizerOf } from "../../../data/tokenize/tokenizer_of.ts";
import { fuzzedText } from "./fuzzed_text.ts";

Deno.test("workers encode texts in their order", async () => {
  const seed = 5;
  const random = new Random(seed);
  const texts = Array.from({ length: 9000 }, () => fuzzedText(random));
  const { files } = await trainBpe(
    texts.slice(0, 500).map((text, i) => ({ id: String(i), text })),
    { vocabSize: 500, split: "gpt4" },
  );
  const tokenizer = tokenizerOf({
    tokenizer: files.get("tokenizer.json") ?? "",
    path: "tokenizer.json",
  });
  const here = await Array.fromAsync(encodeTexts(texts, tokenizer, 0));
  assertEquals(here.length, texts.length);
  const there = await Array.fromAsync(encodeTexts(texts, tokenizer, 2));
  assertEquals(there, here, `seed ${seed}`);
});

Deno.test("what a vocabulary lacks is an input error from workers too", async () => {
  const tokenizer = new CharacterTokenizer(["a", "b"]);
  await assertRejects(
    () => Array.fromAsync(encodeTexts(["ab", "c"], tokenizer, 1)),
    InputError,
    'Cannot encode the character "c"',
  );
});
