import { Random } from "../../../data/random.ts";
import { readDocuments } from "../../../data/read/read_documents.ts";
import { trainBpe } from "../../../data/tokenize/bpe/train_bpe.ts";
import { sharedData } from "../shared_data.ts";
import { fuzzedText } from "./fuzzed_text.ts";
import { gpt2Vocabulary } from "./gpt2_vocabulary.ts";

const SEED = 1234;
const FUZZED = 10_000;
const WORD = 100_000;

const LLAMA3_SPLIT =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

const byteLevel = (use_regex: boolean) => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex,
});

const added = (id: number, content: string, special: boolean) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: !special,
  special,
});

/**
 * The vocabularies whose encoding is compared with Hugging Face's: one trained
 * here, and GPT-2's in the forms of GPT-2, CodeGen (runs of white space are
 * added tokens) and Llama 3 (its split; whole pre-tokens before merges).
 *
 * @returns `tokenizer.json` by name; those that can be made here.
 */
export async function encodingTokenizers(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const books = sharedData("text/gutenberg_books.jsonl");
  if (books !== null) {
    const { files } = await trainBpe(readDocuments([books]), {
      vocabSize: 4096,
      split: "gpt4",
    });
    found.set("own", files.get("tokenizer.json") ?? "");
  }
  const gpt2 = await gpt2Vocabulary();
  if (gpt2 === null) return found;
  const make = (
    preTokenizer: object,
    addedTokens: readonly object[],
    ignoreMerges: boolean,
  ) =>
    JSON.stringify({
      version: "1.0",
      added_tokens: [added(50_256, "<|endoftext|>", true), ...addedTokens],
      normalizer: null,
      pre_tokenizer: preTokenizer,
      post_processor: byteLevel(true),
      decoder: byteLevel(true),
      model: {
        type: "BPE",
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: "",
        end_of_word_suffix: "",
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: ignoreMerges,
        vocab: gpt2.vocab,
        merges: gpt2.merges,
      },
    });
  const runs = [
    ...Array.from({ length: 30 }, (_, i) => " ".repeat(31 - i)),
    ...Array.from({ length: 8 }, (_, i) => "\t".repeat(9 - i)),
  ];
  found.set("gpt2", make(byteLevel(true), [], false));
  found.set(
    "codegen",
    make(
      byteLevel(true),
      runs.map((run, i) => added(50_257 + i, run, false)),
      false,
    ),
  );
  const split = {
    type: "Split",
    pattern: { Regex: LLAMA3_SPLIT },
    behavior: "Isolated",
    invert: false,
  };
  found.set(
    "llama3",
    make(
      { type: "Sequence", pretokenizers: [split, byteLevel(false)] },
      [],
      true,
    ),
  );
  return found;
}

/**
 * The texts that are compared: chapters of novels, web pages, and texts made to
 * be hard, words of 100,000 characters among them.
 *
 * @returns Well-formed texts by the name of the set; those that are there.
 */
export async function encodingTexts(): Promise<Map<string, string[]>> {
  const sets = new Map<string, string[]>();
  for (
    const [name, file] of [
      ["books", "text/gutenberg_books.jsonl"],
      ["pages", "quality/dclm_quality_labels_499.jsonl"],
    ]
  ) {
    const path = sharedData(file);
    if (path === null) continue;
    const texts: string[] = [];
    for await (const { text } of readDocuments([path])) texts.push(text);
    sets.set(name, texts);
  }
  const random = new Random(SEED);
  const fuzzed = Array.from(
    { length: FUZZED },
    () => fuzzedText(random).toWellFormed(),
  );
  const letters = (alphabet: string) =>
    Array.from(
      { length: WORD },
      () => alphabet[random.integer(alphabet.length)],
    )
      .join("");
  fuzzed.push(
    "x".repeat(WORD),
    " ".repeat(WORD) + "x",
    "\n".repeat(WORD),
    "é".repeat(WORD),
    "!".repeat(WORD),
    "7".repeat(WORD),
    letters("etaoinshrdlu"),
    letters("aé東한"),
    letters("0123456789"),
  );
  sets.set("fuzzed", fuzzed);
  return sets;
}

/**
 * @param encoded The ids of each text.
 * @returns SHA-256 of each text's number of tokens and ids, 32 bits each.
 */
export async function encodingHash(
  encoded: Iterable<Uint32Array>,
): Promise<string> {
  const all: Uint32Array[] = [];
  for (const ids of encoded) all.push(Uint32Array.of(ids.length), ids);
  const joined = new Uint32Array(all.reduce((sum, ids) => sum + ids.length, 0));
  let at = 0;
  for (const ids of all) {
    joined.set(ids, at);
    at += ids.length;
  }
  const hash = await crypto.subtle.digest("SHA-256", joined);
  return new Uint8Array(hash).toHex();
}
