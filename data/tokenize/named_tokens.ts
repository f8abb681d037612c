import { InputError } from "../input_error.ts";
import type { TokenizerJson } from "./tokenizer_json.ts";

/** Tried in this order where the configuration names no end-of-text token. */
const END_NAMES = [
  "<|endoftext|>",
  "</s>",
  "<|end_of_text|>",
  "<eos>",
  "<|im_end|>",
];
const BEGIN_NAMES = ["<s>", "<|begin_of_text|>", "<bos>"];

/** The tokens that texts begin and end with. */
export interface NamedTokens {
  readonly endOfText: number;
  /** The end-of-text token where there is none of its own. */
  readonly beginOfText: number;
}

/**
 * Finds the tokens that stand between texts: those that the configuration
 * names, or else ones with a usual name.
 *
 * @param json The vocabulary.
 * @param config What `tokenizer_config.json` holds.
 * @param path What to call it in errors.
 * @throws {InputError} If nothing names an end-of-text token.
 */
export function namedTokens(
  json: TokenizerJson,
  config: Readonly<Record<string, unknown>>,
  path: string,
): NamedTokens {
  const endOfText = namedToken(json, config.eos_token, END_NAMES);
  if (endOfText === undefined) {
    throw new InputError(
      `Cannot load the tokenizer '${path}': nothing names its end-of-text token; add tokenizer_config.json with "eos_token" beside it`,
    );
  }
  return {
    endOfText,
    beginOfText: namedToken(json, config.bos_token, BEGIN_NAMES) ?? endOfText,
  };
}

/** The id of a token given as text or as `{content}`, else of a usual name. */
function namedToken(
  json: TokenizerJson,
  given: unknown,
  usual: readonly string[],
): number | undefined {
  const name = typeof given === "object" && given !== null &&
      "content" in given
    ? given.content
    : given;
  if (typeof name === "string" && json.ids.has(name)) return json.ids.get(name);
  const found = usual.find((candidate) => json.ids.has(candidate));
  return found === undefined ? undefined : json.ids.get(found);
}
