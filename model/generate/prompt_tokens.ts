import type { Tokenizer } from "../../data/tokenize/tokenizer.ts";

/**
 * What a model is given to continue: the prompt's ids, after the token that
 * begins a text where the model expects one.
 *
 * @param tokenizer The model's tokenizer.
 * @param prompt Text to continue; an empty one begins a new text.
 * @returns At least one id.
 */
export function promptTokens(
  tokenizer: Pick<Tokenizer, "encode" | "beginOfText" | "endOfText">,
  prompt: string,
): Uint32Array {
  const { beginOfText, endOfText } = tokenizer;
  const ids = tokenizer.encode(prompt);
  // A vocabulary with a token of its own for the beginning was trained to see
  // it in front of every text.
  if (ids.length > 0 && beginOfText === endOfText) return ids;
  const begun = new Uint32Array(ids.length + 1);
  begun[0] = beginOfText;
  begun.set(ids, 1);
  return begun;
}
