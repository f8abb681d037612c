import { assertEquals, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { InputError } from "../../../data/input_error.ts";
import { Random } from "../../../data/random.ts";
import { HuggingFaceTokenizer } from "../../../data/tokenize/hugging_face.ts";
import { tokenizerOf } from "../../../data/tokenize/tokenizer_of.ts";
import expected from "./testdata/expected.json" with { type: "json" };

const load = (name: string): HuggingFaceTokenizer => {
  const path = fromFileUrl(new URL(`./testdata/${name}.json`, import.meta.url));
  return new HuggingFaceTokenizer({
    tokenizer: Deno.readTextFileSync(path),
    path,
  });
};

// Vocabularies and numbers: tests/parity/tokenizers.py.
for (const [name, cases] of Object.entries(expected)) {
  Deno.test(`${name}: ids and text are those of the Rust library`, () => {
    const tokenizer = load(name);
    for (const { text, ids, decoded } of cases) {
      assertEquals([...tokenizer.encode(text)], ids, JSON.stringify(text));
      // The second time from the cache.
      assertEquals([...tokenizer.encode(text)], ids, JSON.stringify(text));
      assertEquals(tokenizer.decode(ids), decoded);
    }
  });

  Deno.test(`${name}: a stream's outputs joined are the decoded text`, () => {
    const tokenizer = load(name);
    for (const { ids, decoded } of cases) {
      const stream = tokenizer.stream();
      const joined = ids.map((id) => stream.push(id)).join("") + stream.end();
      assertEquals(joined, decoded);
    }
  });

  Deno.test(`${name}: a stream goes on after a prompt of any length`, () => {
    const tokenizer = load(name);
    const random = new Random(name);
    for (const { ids, decoded } of cases) {
      const cut = random.integer(ids.length + 1);
      const before = tokenizer.stream();
      const head = ids.slice(0, cut).map((id) => before.push(id)).join("");
      const stream = tokenizer.stream(ids.slice(0, cut));
      const tail = ids.slice(cut).map((id) => stream.push(id)).join("");
      assertEquals(head + tail + stream.end(), decoded);
    }
  });
}

Deno.test("special tokens are found by name and give no text", () => {
  const tokenizer = load("llama");
  assertEquals([tokenizer.beginOfText, tokenizer.endOfText], [1, 2]);
  assertEquals(tokenizer.decode([1, ...tokenizer.encode("sea"), 2]), "sea");
  assertEquals(tokenizer.decode([99_999]), "");
  assertEquals(tokenizer.decode([]), "");
});

const minimal = {
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
  model: { type: "BPE", vocab: { "</s>": 0, a: 1 }, merges: [] },
};

Deno.test("a damaged file is an input error that says what is wrong", () => {
  const damaged: [unknown, string][] = [
    [[], "does not hold a JSON object"],
    [{}, `it has no "model"`],
    [{ ...minimal, model: { type: "BPE", merges: [] } }, `no "vocab"`],
    [{ ...minimal, model: { type: "BPE", vocab: { a: -1 } } }, "the id -1"],
    [
      { ...minimal, model: { type: "BPE", vocab: { a: 0, b: 0 }, merges: [] } },
      "share the id 0",
    ],
    [
      { ...minimal, model: { type: "BPE", vocab: { a: 0 }, merges: [] } },
      "nothing names its end-of-text token",
    ],
    [{ ...minimal, pre_tokenizer: { type: "Magic" } }, "Magic"],
    [
      { ...minimal, pre_tokenizer: { type: "Split", pattern: {} } },
      `a step of its "pre_tokenizer" lacks the pattern`,
    ],
    [{ ...minimal, normalizer: 3 }, `its "normalizer" names no type`],
    [{ ...minimal, added_tokens: {} }, `"added_tokens" is not a list`],
    [
      {
        ...minimal,
        pre_tokenizer: {
          type: "Split",
          pattern: { Regex: "(" },
          behavior: "Isolated",
          invert: false,
        },
      },
      "Cannot load the tokenizer 'x.json'",
    ],
  ];
  for (const [json, message] of damaged) {
    assertThrows(
      () =>
        new HuggingFaceTokenizer({
          tokenizer: JSON.stringify(json),
          path: "x.json",
        }),
      InputError,
      message,
    );
  }
  assertThrows(
    () => new HuggingFaceTokenizer({ tokenizer: "{", path: "x.json" }),
    InputError,
    "'x.json' is not JSON",
  );
});

Deno.test("any damaged byte of a file gives a tokenizer or an input error", () => {
  const path = fromFileUrl(new URL("./testdata/gpt4.json", import.meta.url));
  const good = Deno.readTextFileSync(path);
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = new Random(seed);
  for (let i = 0; i < 150; i++) {
    const at = random.integer(good.length);
    const tokenizer = good.slice(0, at) +
      random.pick(["", "{", "null", "-", '"', "9", "]"]) +
      good.slice(at + random.integer(4));
    try {
      tokenizerOf({ tokenizer, path: "x.json" });
    } catch (error) {
      if (!(error instanceof InputError)) {
        throw new Error(`seed ${seed}, trial ${i}`, { cause: error });
      }
    }
  }
});
