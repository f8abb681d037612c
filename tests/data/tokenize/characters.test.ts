import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import { CharacterTokenizer } from "../../../data/tokenize/characters.ts";

Deno.test("the alphabet is learnt in code point order", async () => {
  const tokenizer = await CharacterTokenizer.learn(["ba\n", "😀é"]);
  assertEquals(tokenizer.vocabSize, 6);
  assertEquals(tokenizer.endOfText, 5);
  assertEquals([...tokenizer.encode("\nabé😀")], [0, 1, 2, 3, 4]);
  assertEquals(tokenizer.decode([4, 5, 1]), "😀a");
});

Deno.test("an unknown character is named", async () => {
  const tokenizer = await CharacterTokenizer.learn(["ab"]);
  assertThrows(() => tokenizer.encode("abç"), InputError, `"ç" (U+00E7)`);
  assertThrows(() => tokenizer.encode("a\ud800"), InputError, "U+D800");
});

Deno.test("an alphabet has to be one of characters", async () => {
  await assertRejects(
    () => CharacterTokenizer.learn([""]),
    InputError,
    "empty alphabet",
  );
  assertThrows(
    () => new CharacterTokenizer(["a", "bc"]),
    InputError,
    `"bc" is not one character`,
  );
  assertThrows(
    () => new CharacterTokenizer(["a", "a"]),
    InputError,
    "comes twice",
  );
});
