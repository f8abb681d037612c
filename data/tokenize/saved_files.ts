/** The parts of a `tokenizer.json` in which our own vocabularies differ. */
export interface SavedTokenizer {
  /** The end-of-text token, the only special one. */
  readonly endOfText: { readonly id: number; readonly content: string };
  /** More special tokens, such as one for unknown text. */
  readonly otherSpecial?: readonly {
    readonly id: number;
    readonly content: string;
  }[];
  readonly normalizer?: object;
  readonly preTokenizer: object | null;
  readonly postProcessor?: object;
  readonly decoder: object;
  readonly model: object;
}

/**
 * Writes a vocabulary in the form that Hugging Face's libraries load.
 *
 * @param saved What to write.
 * @returns `tokenizer.json` and `tokenizer_config.json` by name.
 */
export function savedFiles(
  saved: SavedTokenizer,
): ReadonlyMap<string, string> {
  const special = [saved.endOfText, ...saved.otherSpecial ?? []]
    .toSorted((a, b) => a.id - b.id);
  const tokenizer = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special.map(({ id, content }) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: saved.normalizer ?? null,
    pre_tokenizer: saved.preTokenizer,
    post_processor: saved.postProcessor ?? null,
    decoder: saved.decoder,
    model: saved.model,
  };
  const config = {
    tokenizer_class: "PreTrainedTokenizerFast",
    bos_token: saved.endOfText.content,
    eos_token: saved.endOfText.content,
    // Tidying spaces on decoding would change the text.
    clean_up_tokenization_spaces: false,
  };
  return new Map([
    ["tokenizer.json", JSON.stringify(tokenizer, null, 1) + "\n"],
    ["tokenizer_config.json", JSON.stringify(config, null, 2) + "\n"],
  ]);
}
