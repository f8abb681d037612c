import { BYTE_ALPHABET } from "./byte_alphabet.ts";
import { ByteLevelTokenizer } from "./byte_level.ts";
import { ByteTokenizer } from "./bytes.ts";
import { CharacterTokenizer } from "./characters.ts";
import { END_OF_TEXT } from "./end_of_text.ts";
import { type HuggingFaceFiles, HuggingFaceTokenizer } from "./hugging_face.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { parseTokenizerJson, type TokenizerJson } from "./tokenizer_json.ts";

/**
 * Makes the tokenizer that a `tokenizer.json` describes: one of our own where
 * it is one that we save, the fast encoder for byte-level vocabularies, Hugging
 * Face's package for all others.
 *
 * @param files The files' contents, from an untrusted source.
 * @throws {InputError} If they are damaged, use an unknown component, or name
 * no end-of-text token.
 */
export function tokenizerOf(files: HuggingFaceFiles): Tokenizer {
  const json = parseTokenizerJson(files.tokenizer, files.path);
  if (isByteVocabulary(json)) return new ByteTokenizer();
  const alphabet = characterAlphabet(json);
  if (alphabet !== null) return new CharacterTokenizer(alphabet);
  return ByteLevelTokenizer.from(files, json) ??
    new HuggingFaceTokenizer(files);
}

/** Whether a vocabulary is exactly what {@linkcode ByteTokenizer} saves. */
function isByteVocabulary({ model, ids, normalizer }: TokenizerJson): boolean {
  return model.type === "BPE" && normalizer === null &&
    Array.isArray(model.merges) && model.merges.length === 0 &&
    ids.size === 257 && ids.get(END_OF_TEXT) === 256 &&
    BYTE_ALPHABET.every((character, byte) => ids.get(character) === byte);
}

/** The alphabet, if {@linkcode CharacterTokenizer} could have saved this. */
function characterAlphabet(json: TokenizerJson): string[] | null {
  const { model, ids, normalizer, preTokenizer } = json;
  const count = ids.size - 1;
  if (
    model.type !== "WordLevel" || normalizer !== null ||
    preTokenizer?.type !== "Split" || ids.get(END_OF_TEXT) !== count
  ) return null;
  const alphabet = new Array<string>(count).fill("");
  for (const [token, id] of ids) {
    if (token === END_OF_TEXT) continue;
    if (id >= count || [...token].length !== 1) return null;
    alphabet[id] = token;
  }
  return alphabet;
}
