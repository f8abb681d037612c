import { addedPattern } from "./added_pattern.ts";
import { ByteLevelEncoder } from "./bpe/byte_level_encoder.ts";
import { byteLevelModel, tokenBytes } from "./bpe/byte_level_model.ts";
import { knownSplit } from "./bpe/known_split.ts";
import type { HuggingFaceFiles } from "./hugging_face.ts";
import { namedTokens } from "./named_tokens.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { parseObject, type TokenizerJson } from "./tokenizer_json.ts";
import type { TokenStream } from "./token_stream.ts";
import { WindowedStream } from "./windowed_stream.ts";

/**
 * A `tokenizer.json` with a byte-level byte-pair vocabulary and one of the
 * splits in common use: GPT-2's, Llama 3's, Phi-2's, and those trained here. It
 * encodes as Hugging Face's Rust library does, and faster.
 */
export class ByteLevelTokenizer implements Tokenizer {
  readonly kind = "huggingface";
  readonly vocabSize: number;
  readonly endOfText: number;
  readonly beginOfText: number;
  readonly #files: HuggingFaceFiles;
  readonly #encoder: ByteLevelEncoder;
  readonly #ids: ReadonlyMap<string, number>;
  /** Each splits off added tokens that are not special, in their order. */
  readonly #patterns: readonly RegExp[];
  /** Bytes by id; none for special tokens. */
  readonly #bytes: readonly (Uint8Array | undefined)[];

  private constructor(
    files: HuggingFaceFiles,
    json: TokenizerJson,
    encoder: ByteLevelEncoder,
  ) {
    const config = files.config === undefined
      ? {}
      : parseObject(files.config, files.path);
    const { endOfText, beginOfText } = namedTokens(json, config, files.path);
    this.#files = files;
    this.#encoder = encoder;
    this.#ids = json.ids;
    this.vocabSize = json.vocabSize;
    this.endOfText = endOfText;
    this.beginOfText = beginOfText;
    const plain = json.addedTokens.filter((token) => !token.special);
    this.#patterns = [false, true]
      .map((normalized) =>
        addedPattern(plain.filter((token) => token.normalized === normalized))
      )
      .filter((pattern) => pattern !== null);
    const bytes = new Array<Uint8Array | undefined>(json.vocabSize);
    for (const [token, id] of json.ids) bytes[id] = tokenBytes(token);
    for (const { id, special } of json.addedTokens) {
      if (special) bytes[id] = undefined;
    }
    this.#bytes = bytes;
  }

  /**
   * @param files The files' contents.
   * @param json What `tokenizer.json` says.
   * @returns The tokenizer, or null where the vocabulary is of another kind.
   * @throws {InputError} If nothing names its end-of-text token.
   */
  static from(
    files: HuggingFaceFiles,
    json: TokenizerJson,
  ): ByteLevelTokenizer | null {
    const decoder = json.root.decoder;
    const decodes = typeof decoder === "object" && decoder !== null &&
      "type" in decoder && decoder.type === "ByteLevel";
    const contextual = json.addedTokens.some((token) =>
      token.contextual && !token.special
    );
    if (json.normalizer !== null || contextual || !decodes) return null;
    const next = knownSplit(json.preTokenizer);
    const model = next === null ? null : byteLevelModel(json);
    return next === null || model === null
      ? null
      : new ByteLevelTokenizer(files, json, new ByteLevelEncoder(model, next));
  }

  encode(text: string): Uint32Array {
    this.#encoder.begin();
    this.#add(text, 0);
    return this.#encoder.result();
  }

  decode(ids: ArrayLike<number>): string {
    let length = 0;
    for (let i = 0; i < ids.length; i++) {
      length += this.#bytes[ids[i]]?.length ?? 0;
    }
    const all = new Uint8Array(length);
    let at = 0;
    for (let i = 0; i < ids.length; i++) {
      const bytes = this.#bytes[ids[i]];
      if (bytes === undefined) continue;
      all.set(bytes, at);
      at += bytes.length;
    }
    // A byte order mark is a character like any other here.
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(all);
  }

  stream(prompt: ArrayLike<number> = []): TokenStream {
    return new WindowedStream((ids) => this.decode(ids), prompt);
  }

  files(): ReadonlyMap<string, string> {
    const files = new Map([["tokenizer.json", this.#files.tokenizer]]);
    if (this.#files.config !== undefined) {
      files.set("tokenizer_config.json", this.#files.config);
    }
    return files;
  }

  /** Appends a text in which the first patterns match nothing. */
  #add(text: string, done: number): void {
    if (text === "") return;
    const pattern = this.#patterns[done];
    if (pattern === undefined) {
      this.#encoder.add(text);
      return;
    }
    // The pattern's group puts what it matched at the odd places.
    text.split(pattern).forEach((section, index) => {
      const added = index % 2 === 1 ? this.#ids.get(section) : undefined;
      if (added === undefined) this.#add(section, done + 1);
      else this.#encoder.push(added);
    });
  }
}
