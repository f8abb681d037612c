import { basename } from "@std/path";
import type { ShardFormatName } from "../shard/shard_format.ts";
import type { DocumentTokens } from "../shard/piece_stream.ts";
import { writeShards, type WrittenShard } from "../shard/shard_writer.ts";
import type { Tokenizer } from "../tokenize/tokenizer.ts";
import { BestFitPacker } from "./best_fit_packer.ts";
import type { Packing, PackingReport } from "./packing.ts";

/** What a part came to. */
export interface WrittenPart {
  readonly shards: readonly WrittenShard[];
  readonly tokens: number;
  readonly documents: number;
  readonly bytes: number;
  /** What the packing did; null where none was asked for. */
  readonly packing: PackingReport | null;
}

/** Options of {@linkcode PartWriter}. */
export interface PartOptions {
  /** Encodes the text. */
  readonly tokenizer: Tokenizer;
  /** Tokens of a file at most. */
  readonly shardTokens?: number;
  /** Format of the files. */
  readonly format?: ShardFormatName;
  /** How documents are laid out; one after the other unless told. */
  readonly packing?: Packing;
  /** Orders packed contexts. */
  readonly seed: number;
}

/** Turns text into the token files of one part. */
export class PartWriter {
  readonly #tokenizer: Tokenizer;
  readonly #writer: WritableStreamDefaultWriter<DocumentTokens>;
  readonly #written: Promise<WrittenShard[]>;
  readonly #packing: Packing | null;
  readonly #packer: BestFitPacker | null;
  /** Pieces of a document that is to be packed. */
  #open: Uint32Array[] = [];
  /** Tokens of the document so far. */
  #length = 0;
  #tokens = 0;
  #documentTokens = 0;
  #documents = 0;
  #bytes = 0;
  #long = 0;
  #cropped = 0;

  /**
   * @param folder Takes the files; made here.
   * @param options Tokenizer and layout.
   */
  constructor(folder: string, options: PartOptions) {
    const { tokenizer, packing = null } = options;
    Deno.mkdirSync(folder);
    this.#tokenizer = tokenizer;
    this.#packing = packing;
    this.#packer = packing?.method === "best_fit"
      ? new BestFitPacker({
        context: packing.context,
        padding: tokenizer.endOfText,
        seed: options.seed,
      })
      : null;
    const { readable, writable } = new TransformStream<DocumentTokens>();
    this.#writer = writable.getWriter();
    this.#written = writeShards(readable, {
      folder,
      vocabSize: tokenizer.vocabSize,
      shardTokens: options.shardTokens,
      format: options.format,
      prefix: basename(folder),
    });
    // It is looked at when the part is finished or fails.
    this.#written.catch(() => {});
  }

  /** Tokens so far, padding left out. */
  get tokens(): number {
    return this.#documentTokens;
  }

  /**
   * @param text Goes to the end of the part.
   * @param bytes Its length in UTF-8.
   * @param startsDocument Whether a document begins with it.
   * @param endsDocument Whether an end-of-text token follows.
   * @param tokens Its ids, where they are known.
   */
  async add(
    text: string,
    bytes: number,
    startsDocument: boolean,
    endsDocument: boolean,
    tokens: Uint32Array = this.#tokenizer.encode(text),
  ): Promise<void> {
    await this.#take(tokens, []);
    if (endsDocument) {
      await this.#take(Uint32Array.of(this.#tokenizer.endOfText), [1]);
      await this.#endDocument();
    }
    this.#bytes += bytes;
    if (startsDocument) this.#documents++;
  }

  /** @returns The part, complete on disk. */
  async finish(): Promise<WrittenPart> {
    if (this.#length > 0) await this.#endDocument();
    for (const context of this.#packer?.flush() ?? []) {
      await this.#append(context);
    }
    await this.#writer.close();
    return {
      shards: await this.#written,
      tokens: this.#tokens,
      documents: this.#documents,
      bytes: this.#bytes,
      packing: this.#report(),
    };
  }

  /** Stops without a result. */
  async abort(): Promise<void> {
    await this.#writer.abort().catch(() => {});
    await this.#written.catch(() => {});
  }

  async #take(
    tokens: Uint32Array,
    ends: readonly number[],
  ): Promise<void> {
    this.#length += tokens.length;
    this.#documentTokens += tokens.length;
    if (this.#packer === null) await this.#append({ tokens, ends });
    else this.#open.push(tokens);
  }

  async #endDocument(): Promise<void> {
    const length = this.#length;
    this.#length = 0;
    if (this.#packing !== null) this.#countCut(length, this.#packing.context);
    if (this.#packer === null) return;
    const document = joined(this.#open, length);
    this.#open = [];
    for (const context of this.#packer.add(document)) {
      await this.#append(context);
    }
  }

  #countCut(length: number, context: number): void {
    if (length > context) this.#long++;
    else if (this.#packer === null) {
      const first = this.#tokens - length;
      const last = this.#tokens - 1;
      const isCut = Math.floor(first / context) !== Math.floor(last / context);
      if (isCut) this.#cropped++;
    }
  }

  #report(): PackingReport | null {
    if (this.#packing === null) return null;
    const padding = this.#tokens - this.#documentTokens;
    return {
      ...this.#packing,
      long: this.#long,
      cropped: this.#cropped,
      croppedShare: this.#cropped / Math.max(1, this.#documents),
      padding,
      paddingShare: padding / Math.max(1, this.#tokens),
    };
  }

  async #append(piece: DocumentTokens): Promise<void> {
    if (piece.tokens.length === 0) return;
    this.#tokens += piece.tokens.length;
    try {
      await this.#writer.write(piece);
    } catch (error) {
      // The stream only says that it is closed; the files say why.
      await this.#written;
      throw error;
    }
  }
}

function joined(pieces: readonly Uint32Array[], length: number): Uint32Array {
  const whole = new Uint32Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
