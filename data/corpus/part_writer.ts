import { basename } from "@std/path";
import type { DocumentTokens } from "../shard/piece_stream.ts";
import { writeShards, type WrittenShard } from "../shard/shard_writer.ts";
import type { Tokenizer } from "../tokenize/tokenizer.ts";

/** What a part came to. */
export interface WrittenPart {
  readonly shards: readonly WrittenShard[];
  readonly tokens: number;
  readonly documents: number;
  readonly bytes: number;
}

/** Turns text into the token files of one part. */
export class PartWriter {
  readonly #tokenizer: Tokenizer;
  readonly #writer: WritableStreamDefaultWriter<DocumentTokens>;
  readonly #written: Promise<WrittenShard[]>;
  #tokens = 0;
  #documents = 0;
  #bytes = 0;

  /**
   * @param folder Takes the files; made here.
   * @param tokenizer Encodes the text.
   * @param shardTokens Tokens of a file at most.
   */
  constructor(folder: string, tokenizer: Tokenizer, shardTokens?: number) {
    Deno.mkdirSync(folder);
    this.#tokenizer = tokenizer;
    const { readable, writable } = new TransformStream<DocumentTokens>();
    this.#writer = writable.getWriter();
    this.#written = writeShards(readable, {
      folder,
      vocabSize: tokenizer.vocabSize,
      shardTokens,
      prefix: basename(folder),
    });
    // It is looked at when the part is finished or fails.
    this.#written.catch(() => {});
  }

  /** Tokens so far. */
  get tokens(): number {
    return this.#tokens;
  }

  /**
   * @param text Goes to the end of the part.
   * @param bytes Its length in UTF-8.
   * @param startsDocument Whether a document begins with it.
   * @param endsDocument Whether an end-of-text token follows.
   */
  async add(
    text: string,
    bytes: number,
    startsDocument: boolean,
    endsDocument: boolean,
  ): Promise<void> {
    await this.#append({ tokens: this.#tokenizer.encode(text), ends: [] });
    if (endsDocument) {
      const tokens = Uint32Array.of(this.#tokenizer.endOfText);
      await this.#append({ tokens, ends: [1] });
    }
    this.#bytes += bytes;
    if (startsDocument) this.#documents++;
  }

  /** @returns The part, complete on disk. */
  async finish(): Promise<WrittenPart> {
    await this.#writer.close();
    return {
      shards: await this.#written,
      tokens: this.#tokens,
      documents: this.#documents,
      bytes: this.#bytes,
    };
  }

  /** Stops without a result. */
  async abort(): Promise<void> {
    await this.#writer.abort().catch(() => {});
    await this.#written.catch(() => {});
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
