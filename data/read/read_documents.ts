import type { Document } from "../document.ts";
import { InputError } from "../input_error.ts";
import { BadSource } from "./bad_source.ts";
import { csvRows } from "./csv_rows.ts";
import { decodeUtf8 } from "./decode_utf8.ts";
import { findSourceFiles } from "./find_source_files.ts";
import { jsonLines } from "./json_lines.ts";
import { parquetRows } from "./parquet_rows.ts";
import { readBytes } from "./read_bytes.ts";
import type { FileReadOptions, ReadOptions } from "./read_options.ts";
import type { SourceFile } from "./source_file.ts";
import { textPieces } from "./text_pieces.ts";

/**
 * Streams the documents of text files: `.txt` and `.md` are a document each,
 * of `.jsonl` and `.ndjson` every line is one, of `.csv`, `.tsv` and `.parquet`
 * every row; all but the last also packed as `.gz` or `.zst`. Memory stays
 * bounded whatever the files' size.
 *
 * @param paths Files, folders, globs and URLs; folders are searched to any
 * depth, URLs are downloaded into the cache.
 * @param options Which fields to read, and what to do with bad input.
 * @returns The documents in the order of paths, names and lines; none is
 * empty.
 * @throws {InputError} If a path does not exist or holds no text, or if what
 * it holds is bad and is not passed over.
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
  const files = await findSourceFiles(paths, options.download);
  const totalBytes = files.reduce((sum, file) => sum + file.size, 0);
  let bytesRead = 0;
  let documents = 0;
  let firstSkipped: BadSource | undefined;
  let skipped = 0;
  const skip = (bad: BadSource): void => {
    if (options.onSkip === undefined) throw bad;
    options.onSkip(bad);
    firstSkipped ??= bad;
    skipped++;
  };
  for (const file of files) {
    const before = documents + skipped;
    const read = documentsOf(file, {
      ...withDefaults(options),
      skips: options.onSkip !== undefined,
      skip,
      onRead: (bytes) => {
        bytesRead += bytes;
        options.onProgress?.({ path: file.path, bytesRead, totalBytes });
      },
    });
    try {
      for await (const document of read) {
        documents++;
        yield document;
      }
    } catch (error) {
      if (!(error instanceof BadSource)) throw error;
      skip(error);
    }
    if (file.named && documents + skipped === before) throw noText(file.path);
  }
  if (documents > 0) return;
  throw firstSkipped === undefined
    ? noText(paths.join("', '"))
    : new InputError(
      `${firstSkipped.message} (and nothing else in '${
        paths.join("', '")
      }' could be read)`,
      { cause: firstSkipped },
    );
}

function withDefaults(
  options: ReadOptions,
): Omit<FileReadOptions, "skips" | "skip" | "onRead"> {
  return {
    textField: options.textField ?? "text",
    idField: options.idField ?? "id",
    metadataFields: options.metadataFields,
    maxDocumentLength: options.maxDocumentLength ?? 16 * 1024 ** 2,
    pieceLength: options.pieceLength ?? 1024 ** 2,
    maxUnpackedBytes: options.maxUnpackedBytes ?? 1024 ** 4,
    maxUnpackRatio: options.maxUnpackRatio ?? 250,
  };
}

function documentsOf(
  file: SourceFile,
  options: FileReadOptions,
): AsyncGenerator<Document> {
  const { path, format } = file;
  if (format === "parquet") return parquetRows(file, options);
  const bytes = readBytes(file, options);
  if (format === "text") {
    return textPieces(
      path,
      decodeUtf8(bytes, path, "fail"),
      options.maxDocumentLength,
      options.pieceLength,
    );
  }
  const text = decodeUtf8(bytes, path, options.skips ? "mark" : "fail");
  return format === "jsonl"
    ? jsonLines(path, text, options)
    : csvRows(path, text, format === "csv" ? "," : "\t", options);
}

function noText(paths: string): InputError {
  return new InputError(
    `Cannot read '${paths}': there is no text in it; give it some or leave it out`,
  );
}
