import {
  ByteFallbackDecoder,
  SequenceDecoder,
  Tokenizer as Pipeline,
} from "npm:@huggingface/tokenizers@^0.2.0";
import { InputError } from "../input_error.ts";
import { addedPattern } from "./added_pattern.ts";
import { BYTE_ALPHABET } from "./byte_alphabet.ts";
import { namedTokens } from "./named_tokens.ts";
import { rewritePreTokenizer } from "./pre_tokenizer_rewrite.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { parseObject, parseTokenizerJson } from "./tokenizer_json.ts";
import type { TokenStream } from "./token_stream.ts";
import { WindowedStream } from "./windowed_stream.ts";

/** Pieces of text whose ids are remembered; about 30 MB at most. */
const CACHE_ENTRIES = 1 << 17;
/** Longer pieces hardly come twice. */
const CACHE_PIECE_LENGTH = 48;

/** What a {@linkcode HuggingFaceTokenizer} is made from. */
export interface HuggingFaceFiles {
  /** Content of `tokenizer.json`. */
  readonly tokenizer: string;
  /** Content of `tokenizer_config.json`, where there is one. */
  readonly config?: string;
  /** What to call the files in errors. */
  readonly path: string;
}

/** Any vocabulary that comes as a `tokenizer.json`. */
export class HuggingFaceTokenizer implements Tokenizer {
  readonly kind = "huggingface";
  readonly vocabSize: number;
  readonly endOfText: number;
  readonly beginOfText: number;
  readonly #files: HuggingFaceFiles;
  readonly #pipeline: Pipeline;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #special: ReadonlySet<number>;
  /** Splits off the added tokens that are not special. */
  readonly #addedPattern: RegExp | null;
  readonly #byteLevel: boolean;
  /** Whether every piece is encoded alone; else the package sees all. */
  readonly #piecewise: boolean;
  readonly #cache = new Map<string, readonly number[]>();

  /**
   * @param files The files' contents, from an untrusted source.
   * @throws {InputError} If they are damaged, use an unknown component, or name
   * no end-of-text token.
   */
  constructor(files: HuggingFaceFiles) {
    const json = parseTokenizerJson(files.tokenizer, files.path);
    const config = files.config === undefined
      ? {}
      : parseObject(files.config, files.path);
    this.#files = files;
    this.#ids = json.ids;
    this.vocabSize = json.vocabSize;
    const { endOfText, beginOfText } = namedTokens(json, config, files.path);
    this.endOfText = endOfText;
    this.beginOfText = beginOfText;
    this.#special = new Set(
      json.addedTokens.filter((token) => token.special).map(({ id }) => id),
    );
    const plain = json.addedTokens.filter((token) => !token.special);
    this.#addedPattern = addedPattern(plain);
    const { splits, byteLevel } = rewritePreTokenizer(json.preTokenizer);
    this.#piecewise = json.model.fuse_unk !== true &&
      plain.every((token) =>
        !token.contextual && (json.normalizer === null || !token.normalized)
      );
    this.#byteLevel = byteLevel && this.#piecewise;
    this.#pipeline = makePipeline(
      {
        ...json.root,
        model: json.model,
        normalizer: json.normalizer,
        pre_tokenizer: !byteLevel || this.#byteLevel
          ? splits
          : json.preTokenizer,
        post_processor: null,
        decoder: json.root.decoder ?? null,
        // Special tokens are left out so that they are not found in text.
        added_tokens: addedEntries(json.root)
          .filter((_, i) => !json.addedTokens[i].special),
      },
      files.path,
    );
  }

  encode(text: string): Uint32Array {
    const wellFormed = text.toWellFormed();
    if (!this.#piecewise) {
      const { ids } = this.#pipeline.encode(wellFormed, {
        add_special_tokens: false,
      });
      return this.#checked(ids);
    }
    const ids: number[] = [];
    const sections = this.#addedPattern === null
      ? [wellFormed]
      : wellFormed.split(this.#addedPattern);
    sections.forEach((section, index) => {
      if (section === "") return;
      // The pattern's group puts what it matched at the odd places.
      const added = index % 2 === 1 ? this.#ids.get(section) : undefined;
      if (added !== undefined) ids.push(added);
      else this.#encodeSection(section, index, ids);
    });
    return Uint32Array.from(ids);
  }

  decode(ids: ArrayLike<number>): string {
    const known = Array.from(ids).filter((id) =>
      !this.#special.has(id) && this.#pipeline.id_to_token(id) !== undefined
    );
    return known.length === 0
      ? ""
      : this.#pipeline.decode(known, { clean_up_tokenization_spaces: false });
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

  #encodeSection(section: string, index: number, ids: number[]): void {
    const { normalizer, pre_tokenizer: split } = this.#pipeline;
    const text = normalizer === null ? section : normalizer(section);
    if (text === "") return;
    const pieces = split === null
      ? [text]
      : split(text, { section_index: index });
    for (const piece of pieces) {
      const cached = this.#cache.get(piece);
      if (cached !== undefined) {
        for (const id of cached) ids.push(id);
        continue;
      }
      const fresh = this.#encodePiece(piece);
      for (const id of fresh) ids.push(id);
      if (piece.length > CACHE_PIECE_LENGTH) continue;
      if (this.#cache.size >= CACHE_ENTRIES) this.#cache.clear();
      this.#cache.set(piece, fresh);
    }
  }

  #encodePiece(piece: string): readonly number[] {
    const { model } = this.#pipeline;
    if (model === null) return [];
    const spelled = this.#byteLevel ? spellBytes(piece) : piece;
    return Array.from(this.#checked(
      model([spelled]).map((token) =>
        model.tokens_to_ids.get(token) ?? model.unk_token_id
      ),
    ));
  }

  #checked(ids: readonly (number | undefined)[]): Uint32Array {
    return Uint32Array.from(ids, (id) => {
      if (id !== undefined) return id;
      throw new InputError(
        `Cannot encode the text with '${this.#files.path}': a piece of it is not in the vocabulary, which has no token for the unknown`,
      );
    });
  }
}

function spellBytes(piece: string): string {
  let spelled = "";
  for (const byte of new TextEncoder().encode(piece)) {
    spelled += BYTE_ALPHABET[byte];
  }
  return spelled;
}

function makePipeline(json: object, path: string): Pipeline {
  try {
    const pipeline = new Pipeline(json, {});
    keepByteOrderMarks(pipeline.decoder);
    return pipeline;
  } catch (cause) {
    throw new InputError(
      `Cannot load the tokenizer '${path}': ${
        cause instanceof Error ? cause.message : cause
      }`,
      { cause },
    );
  }
}

/** Without this U+FEFF is lost where a vocabulary spells it in bytes. */
function keepByteOrderMarks(decoder: unknown): void {
  if (decoder instanceof SequenceDecoder) {
    decoder.decoders.forEach(keepByteOrderMarks);
  } else if (decoder instanceof ByteFallbackDecoder) {
    decoder.text_decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  }
}

function addedEntries(
  root: Readonly<Record<string, unknown>>,
): readonly unknown[] {
  return Array.isArray(root.added_tokens) ? root.added_tokens : [];
}
