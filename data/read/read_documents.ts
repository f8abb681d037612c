import type { Document } from "../document.ts";
import { InputError } from "../input_error.ts";
import { decodeUtf8 } from "./decode_utf8.ts";
import { findSourceFiles } from "./find_source_files.ts";
import { jsonLines } from "./json_lines.ts";
import { readBytes } from "./read_bytes.ts";
import type { SourceFile } from "./source_file.ts";
import { textPieces } from "./text_pieces.ts";

/** How far reading has come. */
export interface ReadProgress {
  /** The file being read. */
  readonly path: string;
  /** Bytes read so far of all files, as stored. */
  readonly bytesRead: number;
  /** Bytes of all files, as stored. */
  readonly totalBytes: number;
}

/** Options of {@linkcode readDocuments}. */
export interface ReadOptions {
  /**
   * Field of a JSONL line that holds the text.
   *
   * @default "text"
   */
  readonly textField?: string;
  /**
   * Whether a broken JSONL line is passed over instead of ending the reading.
   *
   * @default false
   */
  readonly skipBadLines?: boolean;
  /** Is told of every line passed over, and how many they are so far. */
  readonly onBadLine?: (error: InputError, count: number) => void;
  /** Is told after every chunk read. */
  readonly onProgress?: (progress: ReadProgress) => void;
  /**
   * Characters up to which a text file is one document, and a JSONL line is
   * read.
   *
   * @default 64 Mi
   */
  readonly maxDocumentLength?: number;
  /**
   * Characters of the pieces that a larger text file comes in.
   *
   * @default 1 Mi
   */
  readonly pieceLength?: number;
}

/**
 * Streams the documents of text files: `.txt` and `.md` are a document each,
 * of `.jsonl` and `.ndjson` every line is one; each also packed as `.gz` or
 * `.zst`. Memory stays bounded whatever the files' size.
 *
 * @param paths Files, and folders that are searched to any depth.
 * @param options How to read.
 * @returns The documents in the order of paths, names and lines; none is
 * empty.
 * @throws {InputError} If a path does not exist or holds no text, a byte is
 * not UTF-8, a packed file is damaged, or a JSONL line is broken.
 *
 * @example
 * ```ts
 * import { readDocuments } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/a.jsonl`, '{"text": "One."}\n');
 * const texts = [];
 * for await (const { text } of readDocuments([folder])) texts.push(text);
 * assertEquals(texts, ["One."]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function* readDocuments(
  paths: readonly string[],
  options: ReadOptions = {},
): AsyncGenerator<Document> {
  const files = await findSourceFiles(paths);
  const totalBytes = files.reduce((sum, file) => sum + file.size, 0);
  let bytesRead = 0;
  let badLines = 0;
  const onBadLine = (error: InputError): void => {
    if (options.skipBadLines !== true) throw error;
    options.onBadLine?.(error, ++badLines);
  };
  let documents = 0;
  for (const file of files) {
    const before = documents;
    const onRead = (bytes: number): void => {
      bytesRead += bytes;
      options.onProgress?.({ path: file.path, bytesRead, totalBytes });
    };
    for await (
      const document of documentsOf(file, options, onRead, onBadLine)
    ) {
      documents++;
      yield document;
    }
    if (file.named && documents === before) throw noText(file.path);
  }
  if (documents === 0) throw noText(paths.join("', '"));
}

function documentsOf(
  file: SourceFile,
  options: ReadOptions,
  onRead: (bytes: number) => void,
  onBadLine: (error: InputError) => void,
): AsyncGenerator<Document> {
  const text = decodeUtf8(readBytes(file, onRead), file.path);
  const maxLength = options.maxDocumentLength ?? 64 * 1024 * 1024;
  if (file.format === "jsonl") {
    return jsonLines(file.path, text, {
      textField: options.textField ?? "text",
      maxLineLength: maxLength,
      onBadLine,
    });
  }
  const pieceLength = options.pieceLength ?? 1024 * 1024;
  return textPieces(file.path, text, maxLength, pieceLength);
}

function noText(paths: string): InputError {
  return new InputError(
    `Cannot read '${paths}': there is no text in it; give it some or leave it out`,
  );
}
