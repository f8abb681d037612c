/** The parts of a `tokenizer.json` that byte-level vocabularies share. */
export interface ByteLevelParts {
  /** Pre-tokenizer, post-processor and decoder: bytes as letters. */
  readonly byteLevel: object;
  /** The vocabulary and its merges. */
  readonly model: object;
}

/**
 * Makes the parts of a `tokenizer.json` that Hugging Face's libraries in Rust
 * and in JavaScript load alike.
 *
 * @param vocab Ids by token, in the byte alphabet.
 * @param merges Each as two tokens and a blank between, in order.
 * @returns The parts.
 */
export function byteLevelParts(
  vocab: Readonly<Record<string, number>>,
  merges: readonly string[],
): ByteLevelParts {
  return {
    byteLevel: {
      type: "ByteLevel",
      add_prefix_space: false,
      trim_offsets: true,
      use_regex: false,
    },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  };
}
