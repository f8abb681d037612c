import { CsvParseStream } from "@std/csv";
import type { Document } from "../document.ts";
import { BadSource } from "./bad_source.ts";
import { documentOfFields, missingField } from "./document_of_fields.ts";
import type { FileReadOptions } from "./read_options.ts";

/**
 * Makes a document of every row of a CSV file (RFC 4180); the first row names
 * the columns. Empty texts are passed over. What follows a quote that does not
 * match cannot be told apart any more and is lost.
 *
 * @param path Names the documents, with the row's number; the header is row 1.
 * @param chunks The file's text; ill-formed where its bytes were not UTF-8.
 * @param separator What stands between fields.
 * @param options Which columns, how long a row may be, and what to do with a
 * broken one.
 * @returns The documents.
 * @throws {BadSource} If something is bad and must not be passed over.
 */
export async function* csvRows(
  path: string,
  chunks: AsyncIterable<string>,
  separator: "," | "\t",
  options: FileReadOptions,
): AsyncGenerator<Document> {
  const feed: Feed = { row: 1, length: 0, failure: null };
  const records = ReadableStream.from(watched(path, chunks, options, feed))
    .pipeThrough(
      new CsvParseStream({
        separator,
        skipFirstRow: false,
        fieldsPerRecord: -1,
      }),
    );
  let header: readonly string[] | undefined;
  for await (const [row, record] of numbered(path, records, feed)) {
    const place = `${path}:${row}`;
    if (header === undefined) {
      header = checkedHeader(path, record, options);
      continue;
    }
    let document: Document | null;
    try {
      const fields = fieldsOf(header, record, place);
      document = documentOfFields(fields, place, options, "row");
    } catch (error) {
      if (!(error instanceof BadSource)) throw error;
      options.skip(error);
      continue;
    }
    if (document !== null) yield document;
  }
}

/** What is known of the text before its records are apart. */
interface Feed {
  /** Number of the row that is coming. */
  row: number;
  /** Characters read since the last record came out. */
  length: number;
  /** What ended the text too early. */
  failure: { readonly error: unknown } | null;
}

/**
 * Gives the text line by line, so that no record waits behind another when the
 * parser fails, and stops where one does not end, before it fills the memory.
 */
async function* watched(
  path: string,
  chunks: AsyncIterable<string>,
  { maxDocumentLength }: FileReadOptions,
  feed: Feed,
): AsyncGenerator<string> {
  try {
    for await (const chunk of chunks) {
      let start = 0;
      while (start < chunk.length) {
        const lineEnd = chunk.indexOf("\n", start) + 1;
        const end = lineEnd === 0 ? chunk.length : lineEnd;
        feed.length += end - start;
        if (feed.length > maxDocumentLength) {
          throw new BadSource(
            "line_too_long",
            path,
            `Cannot read '${path}': its row ${feed.row} has more than ${maxDocumentLength} characters; is a closing quote missing?`,
          );
        }
        yield chunk.slice(start, end);
        start = end;
      }
    }
  } catch (error) {
    feed.failure = { error };
  }
}

/** Numbers the records; of one that a failure broke off nothing is given. */
async function* numbered(
  path: string,
  records: AsyncIterable<string[]>,
  feed: Feed,
): AsyncGenerator<[number, readonly string[]]> {
  let held: [number, readonly string[]] | undefined;
  try {
    for await (const record of records) {
      if (held !== undefined) yield held;
      held = [feed.row++, record];
      feed.length = 0;
    }
    if (held !== undefined && feed.failure === null) yield held;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    if (held !== undefined) yield held;
    // A quote is open where the text was broken off.
    if (feed.failure !== null) throw feed.failure.error;
    throw new BadSource(
      "bad_csv",
      path,
      `Cannot read '${path}' from its row ${feed.row} on: ${cause.message}; quote fields that hold quotes, and double those inside`,
      { cause },
    );
  }
  if (feed.failure !== null) throw feed.failure.error;
}

function checkedHeader(
  path: string,
  names: readonly string[],
  { textField }: FileReadOptions,
): readonly string[] {
  if (names.includes(textField)) return names;
  throw new BadSource(
    "no_text_field",
    path,
    `Cannot read '${path}': its first row names no ${
      missingField(textField, names, "column")
    }`,
  );
}

function fieldsOf(
  header: readonly string[],
  record: readonly string[],
  place: string,
): ReadonlyMap<string, string> {
  if (record.length !== header.length) {
    throw new BadSource(
      "bad_row",
      place,
      `Cannot read the row ${place}: it has ${record.length} fields where the first row names ${header.length}`,
    );
  }
  if (!record.every((field) => field.isWellFormed())) {
    throw new BadSource(
      "bad_utf8",
      place,
      `Cannot read the row ${place}: it holds a byte that is not UTF-8`,
    );
  }
  return new Map(header.map((name, i) => [name, record[i]]));
}
