import { assert, assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import { Random } from "../../../data/random.ts";
import { Llama2cTokenizer } from "../../../data/tokenize/llama2c.ts";
import {
  byteToken,
  parseLlama2cFile,
} from "../../../data/tokenize/llama2c_file.ts";
import { sharedData } from "../shared_data.ts";

/** A vocabulary of markers, bytes and the tokens given, as a file. */
function vocabularyFile(
  tokens: readonly (readonly [string, number])[],
): Uint8Array {
  const all: (readonly [string, number])[] = [
    ["<unk>", 0],
    ["\n<s>\n", 0],
    ["\n</s>\n", 0],
    ...Array.from({ length: 256 }, (_, byte) => [byteToken(byte), 0] as const),
    ...tokens,
  ];
  const out = [7, 0, 0, 0];
  for (const [token, score] of all) {
    const bytes = new TextEncoder().encode(token);
    const head = new DataView(new ArrayBuffer(8));
    head.setFloat32(0, score, true);
    head.setInt32(4, bytes.length, true);
    out.push(...new Uint8Array(head.buffer), ...bytes);
  }
  return Uint8Array.from(out);
}

const LETTERS = [..." abc"].map((letter) => [letter, -100] as const);

/** Merges the leftmost best pair again and again, as llama2.c does. */
function encodeSlowly(
  text: string,
  tokens: readonly (readonly [string, number])[],
): string[] {
  const scores = new Map(tokens);
  const parts = [...` ${text}`];
  for (;;) {
    let best = -Infinity, at = -1;
    for (let i = 0; i + 1 < parts.length; i++) {
      const score = scores.get(parts[i] + parts[i + 1]);
      if (score !== undefined && score > best) [best, at] = [score, i];
    }
    if (at < 0) return parts;
    parts.splice(at, 2, parts[at] + parts[at + 1]);
  }
}

Deno.test("the best score is merged first, the leftmost of equal ones", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = new Random(seed);
  for (let trial = 0; trial < 300; trial++) {
    const tokens: (readonly [string, number])[] = [...LETTERS];
    for (let i = 0; i < 12; i++) {
      const token = random.pick(tokens)[0] + random.pick(tokens)[0];
      if (token.length > 6 || tokens.some(([known]) => known === token)) {
        continue;
      }
      tokens.push([token, -random.integer(6)]);
    }
    const text = Array.from({ length: 40 }, () => random.pick([..." abcab"]))
      .join("");
    const tokenizer = new Llama2cTokenizer(
      parseLlama2cFile(vocabularyFile(tokens), "x.bin"),
    );
    const names = Array.from(
      tokenizer.encode(text),
      (id) => tokens[id - 259][0],
    );
    assertEquals(names, encodeSlowly(text, tokens), `seed ${seed}`);
    assertEquals(tokenizer.decode(tokenizer.encode(text)), text);
  }
});

Deno.test("characters outside the vocabulary are spelled in bytes", () => {
  const tokenizer = new Llama2cTokenizer(
    parseLlama2cFile(vocabularyFile(LETTERS), "x.bin"),
  );
  const ids = tokenizer.encode("é<0x0A>");
  assertEquals([...ids.subarray(0, 3)], [259, 3 + 0xc3, 3 + 0xa9]);
  assertEquals(tokenizer.decode(ids), "é<0x0A>");
  assertEquals(tokenizer.encode("").length, 0);
});

Deno.test("only the space that starts a text is dropped", () => {
  const tokenizer = new Llama2cTokenizer(
    parseLlama2cFile(vocabularyFile(LETTERS), "x.bin"),
  );
  const word = [...tokenizer.encode("a")];
  assertEquals(tokenizer.decode([1, ...word, ...word, 1, ...word]), "a aa");
  const stream = tokenizer.stream([1, ...word]);
  assertEquals(word.map((id) => stream.push(id)).join(""), " a");
});

Deno.test("a damaged file is an input error that names the place", () => {
  const good = vocabularyFile(LETTERS);
  const parse = (bytes: Uint8Array, size?: number) =>
    parseLlama2cFile(bytes, "x.bin", size);
  assertEquals(parse(good, 263).tokens.length, 263);
  assertThrows(
    () => parse(good.subarray(0, good.length - 1)),
    InputError,
    "token 262",
  );
  assertThrows(() => parse(good, 264), InputError, "the file ends inside");
  assertThrows(() => parse(good, 262), InputError, "9 bytes follow its 262");
  assertThrows(() => parse(new Uint8Array(3)), InputError, "x.bin");
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = new Random(seed);
  for (let i = 0; i < 300; i++) {
    const bytes = good.slice(0, random.integer(good.length + 1));
    for (let n = 0; n < 3 && bytes.length > 0; n++) {
      bytes[random.integer(bytes.length)] = random.integer(256);
    }
    try {
      parse(bytes);
    } catch (error) {
      assert(error instanceof InputError, `seed ${seed}: ${error}`);
    }
  }
});

Deno.test("a published vocabulary encodes as its first story begins", () => {
  const path = sharedData("model/tok512.bin");
  if (path === null) return;
  const tokenizer = new Llama2cTokenizer(
    parseLlama2cFile(Deno.readFileSync(path), path),
  );
  assertEquals(tokenizer.vocabSize, 512);
  const text = "Once upon a time, there was a little girl named Lily.\n";
  // From Hugging Face's Rust library over the same vocabulary: `deno run -A
  // tests/parity/tokenizers.ts` compares on more text.
  const ids = [
    403,
    407,
    261,
    378,
    432,
    383,
    286,
    261,
    376,
    298,
    315,
    421,
    395,
    317,
    426,
    13,
  ];
  assertEquals([...tokenizer.encode(text)], ids);
  assertEquals(tokenizer.decode(ids), text);
});
