import { withAtomicDirectory } from "../../data/atomic_write.ts";
import type { Document } from "../../data/document.ts";
import { formatCount } from "../../data/format.ts";
import { InputError } from "../../data/input_error.ts";
import { decodeUtf8 } from "../../data/read/decode_utf8.ts";
import { readDocuments } from "../../data/read/read_documents.ts";
import { textPieces } from "../../data/read/text_pieces.ts";
import type { DocumentTokens } from "../../data/shard/piece_stream.ts";
import { SHARD_FORMATS } from "../../data/shard/shard_format.ts";
import { writeShards } from "../../data/shard/shard_writer.ts";
import { encodeTexts } from "../../data/tokenize/encode_texts.ts";
import { loadTokenizer } from "../../data/tokenize/load_tokenizer.ts";
import type { Tokenizer } from "../../data/tokenize/tokenizer.ts";
import type { Command } from "./command.ts";

/** Characters of standard input that are encoded at a time. */
const PIECE_LENGTH = 1 << 20;

/** Encodes text with a vocabulary. */
export const tokenizerEncode: Command = {
  name: "tokenizer encode",
  summary: "Encode files or standard input with a vocabulary",
  usage: "tokenizer encode --tokenizer FILE [PATH…] [options]",
  examples: [
    "tokenizer encode --tokenizer tokenizer.json page.txt",
    "tokenizer encode --tokenizer model/ --json < page.txt",
    "tokenizer encode --tokenizer model/ corpus/ --out tokens --workers 4",
  ],
  positionals: { min: 0, max: Infinity },
  options: [
    {
      name: "tokenizer",
      kind: "string",
      placeholder: "FILE",
      description: "A tokenizer.json, a folder with one, or bytes",
    },
    {
      name: "out",
      kind: "string",
      placeholder: "DIR",
      description: "Write token files into this new folder, print no ids",
    },
    {
      name: "format",
      kind: "string",
      choices: SHARD_FORMATS,
      default: "llm.c",
      description: "Format of the token files",
    },
    {
      name: "text-field",
      kind: "string",
      default: "text",
      placeholder: "NAME",
      description: "Field of JSONL that holds the text",
    },
    {
      name: "workers",
      kind: "integer",
      minimum: 0,
      maximum: 256,
      default: 0,
      placeholder: "N",
      description: "Threads that encode, 0 for none besides",
    },
  ],
  details: "Prints a line of ids for each document; with --json an object. " +
    "Token files have\nthe end-of-text token after each document.",
  async run(args, output) {
    const source = args.string("tokenizer");
    if (source === undefined) {
      throw new InputError(
        "Cannot encode without a tokenizer: give --tokenizer FILE",
      );
    }
    const tokenizer = await loadTokenizer(source);
    const documents = args.positionals.length === 0
      ? standardInput()
      : readDocuments(args.positionals, {
        textField: args.string("text-field"),
      });
    const encoded = encodeDocuments(
      documents,
      tokenizer,
      args.number("workers") ?? 0,
    );
    const out = args.string("out");
    if (out === undefined) {
      for await (const { document, ids } of encoded) {
        output.object({
          id: document.id,
          ids: [...ids],
          ...(document.continues ? { continues: true } : {}),
        });
        if (output.json) continue;
        output.write(ids.join(" ") + (document.continues ? " " : "\n"));
      }
      return 0;
    }
    await refuseExisting(out);
    const format = SHARD_FORMATS.find((name) => name === args.string("format"));
    const shards = await withAtomicDirectory(
      out,
      (folder) =>
        writeShards(tokenPieces(encoded, tokenizer.endOfText), {
          folder,
          vocabSize: tokenizer.vocabSize,
          format,
        }),
    );
    const tokens = shards.reduce((sum, shard) => sum + shard.tokens, 0);
    const count = shards.reduce(
      (sum, shard) => sum + (shard.documents ?? 0),
      0,
    );
    output.line(
      `wrote ${formatCount(tokens, "tokens")} of ${
        formatCount(count, "documents")
      } to ${out}`,
    );
    output.object({ out, tokens, documents: count, files: shards.length });
    return 0;
  },
};

interface Encoded {
  readonly document: Document;
  readonly ids: Uint32Array;
}

/** Encodes documents; those under way are as few as the batches of workers. */
async function* encodeDocuments(
  documents: AsyncIterable<Document>,
  tokenizer: Tokenizer,
  workers: number,
): AsyncGenerator<Encoded> {
  const underWay: Document[] = [];
  async function* texts(): AsyncGenerator<string> {
    for await (const document of documents) {
      underWay.push(document);
      yield document.text;
    }
  }
  for await (const ids of encodeTexts(texts(), tokenizer, workers)) {
    const document = underWay.shift();
    if (document !== undefined) yield { document, ids };
  }
}

async function* tokenPieces(
  encoded: AsyncIterable<Encoded>,
  endOfText: number,
): AsyncGenerator<DocumentTokens> {
  for await (const { document, ids } of encoded) {
    yield { tokens: ids, ends: [] };
    if (!document.continues) {
      yield { tokens: Uint32Array.of(endOfText), ends: [1] };
    }
  }
}

function standardInput(): AsyncGenerator<Document> {
  const path = "standard input";
  const text = decodeUtf8(Deno.stdin.readable, path, "fail");
  return textPieces(path, text, PIECE_LENGTH, PIECE_LENGTH);
}

async function refuseExisting(out: string): Promise<void> {
  try {
    await Deno.lstat(out);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  throw new InputError(
    `Cannot write token files to '${out}': it exists already; remove it or give another --out`,
  );
}
