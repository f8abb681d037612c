import type { Document } from "../../document.ts";
import { InputError } from "../../input_error.ts";
import { BYTE_ALPHABET } from "../byte_alphabet.ts";
import { byteLevelParts } from "../byte_level_parts.ts";
import { END_OF_TEXT } from "../end_of_text.ts";
import { savedFiles } from "../saved_files.ts";
import { countCorpus } from "./count_corpus.ts";
import { learnMerges, type Ties } from "./learn_merges.ts";
import { type SplitName, SPLITS } from "./split.ts";

/** What a byte-pair vocabulary is trained with. */
export interface TrainBpeOptions {
  /** Number of tokens: special ones, 256 bytes and one for each merge. */
  readonly vocabSize: number;
  /** How text is cut before any merge. @default "gpt2" */
  readonly split?: SplitName;
  /** Which of equally frequent pairs is merged first. @default "ids" */
  readonly ties?: Ties;
  /**
   * Special tokens besides `<|endoftext|>`, which comes first. They have no
   * part in training.
   */
  readonly special?: readonly string[];
  /**
   * Unused special tokens fill the vocabulary up to a multiple of this, which
   * matrix kernels like. @default 1
   */
  readonly padTo?: number;
  /** Pairs that come less often are not merged. @default 1 */
  readonly minFrequency?: number;
  /** Workers that count pre-tokens; the result is the same. @default 0 */
  readonly workers?: number;
  /**
   * Distinct pre-tokens held at most, of eight bytes on average; the rarest are
   * left out. Learning takes up to 30 bytes for each byte of them, some 4 GB
   * where the limit is reached.
   *
   * @default 16_777_216
   */
  readonly maxPieces?: number;
  /** Told how many tokens there are while merges are learnt. */
  readonly onProgress?: (tokens: number) => void;
}

/** A trained vocabulary and what it came from. */
export interface TrainedBpe {
  /** `tokenizer.json` and `tokenizer_config.json` by name. */
  readonly files: ReadonlyMap<string, string>;
  /** Number of tokens, padding included. */
  readonly vocabSize: number;
  /** The merges, each as two tokens in the byte alphabet and a space between. */
  readonly merges: readonly string[];
  /** Bytes of the corpus. */
  readonly bytes: number;
  /** Tokens that the corpus has with this vocabulary. */
  readonly tokens: number;
  /** Distinct pre-tokens. */
  readonly pieces: number;
  /** Occurrences of pre-tokens that were left out to bound the memory. */
  readonly pruned: number;
}

/**
 * Trains a byte-level byte-pair vocabulary as Hugging Face's trainer does, to
 * the same merges.
 *
 * @param documents The corpus.
 * @param options Size, split, ties, special tokens.
 * @returns The vocabulary, in the form in which it is saved.
 * @throws {InputError} If the size leaves no room for the bytes, a special
 * token is empty or comes twice, or the corpus is empty.
 *
 * @example
 * ```ts
 * import { trainBpe } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const corpus = [{ id: "a", text: "low low low lower lowest" }];
 * const { merges, files } = await trainBpe(corpus, { vocabSize: 260 });
 * assertEquals(merges, ["l o", "lo w", "Ġ low"]);
 * assertEquals([...files.keys()], ["tokenizer.json", "tokenizer_config.json"]);
 * ```
 */
export async function trainBpe(
  documents: AsyncIterable<Document> | Iterable<Document>,
  options: TrainBpeOptions,
): Promise<TrainedBpe> {
  const { vocabSize, split = "gpt2", padTo = 1 } = options;
  const special = specialTokens(options);
  const alphabet = BYTE_ALPHABET.toSorted();
  const firstId = special.length + alphabet.length;
  const tokens = [...special, ...alphabet];
  const byteIds = BYTE_ALPHABET.map((character) =>
    special.length + alphabet.indexOf(character)
  );
  const counted = await countCorpus(documents, {
    split,
    workers: options.workers ?? 0,
    maxPieces: options.maxPieces ?? 1 << 24,
  });
  if (counted.lengths.length === 0) {
    throw new InputError(
      "Cannot train a tokenizer: there is no text to learn from",
    );
  }
  const learnt = learnMerges(counted, {
    byteIds,
    firstId,
    vocabSize,
    minFrequency: options.minFrequency ?? 1,
    ties: options.ties ?? "ids",
    onProgress: options.onProgress,
  });
  for (const bytes of learnt.tokens) {
    tokens.push(Array.from(bytes, (byte) => BYTE_ALPHABET[byte]).join(""));
  }
  const taken = special.find((name) => tokens.lastIndexOf(name) >= firstId);
  if (taken !== undefined) {
    throw new InputError(
      `Cannot train a tokenizer with the special token '${taken}': the text makes it an ordinary token; give it a name that no text has`,
    );
  }
  const merges = learnt.merges.map(({ left, right }) =>
    `${tokens[left]} ${tokens[right]}`
  );
  const unused = Array.from(
    { length: (padTo - tokens.length % padTo) % padTo },
    (_, i) => `<|unused_${i}|>`,
  );
  const clash = unused.find((name) => tokens.includes(name));
  if (clash !== undefined) {
    throw new InputError(
      `Cannot pad the vocabulary: the token '${clash}' is there already; leave it out of the special tokens`,
    );
  }
  return {
    files: bpeFiles([...tokens, ...unused], merges, [
      ...special,
      ...unused,
    ], SPLITS[split].pattern),
    vocabSize: tokens.length + unused.length,
    merges,
    bytes: counted.lengths.reduce(
      (sum, length, i) => sum + length * counted.counts[i],
      0,
    ),
    tokens: learnt.length,
    pieces: counted.lengths.length,
    pruned: counted.pruned,
  };
}

function specialTokens({ special = [], vocabSize }: TrainBpeOptions): string[] {
  const all = [END_OF_TEXT, ...special.filter((name) => name !== END_OF_TEXT)];
  all.forEach((name, index) => {
    if (name === "" || all.indexOf(name) !== index) {
      throw new InputError(
        `Cannot train a tokenizer with the special token ${
          JSON.stringify(name)
        }: ${name === "" ? "it is empty" : "it is given twice"}`,
      );
    }
    if (BYTE_ALPHABET.includes(name)) {
      throw new InputError(
        `Cannot train a tokenizer with the special token '${name}': it is the spelling of a byte; give it a name of several characters`,
      );
    }
  });
  const least = all.length + BYTE_ALPHABET.length;
  if (vocabSize < least) {
    throw new InputError(
      `Cannot train a vocabulary of ${vocabSize} tokens: the bytes and ${all.length} special tokens alone are ${least}`,
    );
  }
  return all;
}

function bpeFiles(
  tokens: readonly string[],
  merges: readonly string[],
  special: readonly string[],
  pattern: string,
): ReadonlyMap<string, string> {
  const { byteLevel, model } = byteLevelParts(
    Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges,
  );
  const [endOfText, ...otherSpecial] = special.map((content) => ({
    id: tokens.indexOf(content),
    content,
  }));
  return savedFiles({
    endOfText,
    otherSpecial,
    preTokenizer: {
      type: "Sequence",
      pretokenizers: [
        {
          type: "Split",
          pattern: { Regex: pattern },
          behavior: "Isolated",
          invert: false,
        },
        byteLevel,
      ],
    },
    postProcessor: byteLevel,
    decoder: byteLevel,
    model,
  });
}
