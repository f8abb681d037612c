import { TextLineStream } from "@std/streams";
import type { Document } from "../document.ts";
import { BadSource } from "./bad_source.ts";
import { documentOfFields } from "./document_of_fields.ts";
import type { FileReadOptions } from "./read_options.ts";

/**
 * Makes a document of every line of a JSONL file. Blank lines and empty texts
 * are passed over.
 *
 * @param path Names the documents, with the line's number.
 * @param chunks The file's text; ill-formed where its bytes were not UTF-8.
 * @param options Which fields, how long a line may be, and what to do with a
 * broken one.
 * @returns The documents.
 * @throws {BadSource} If a line is broken and must not be passed over.
 */
export async function* jsonLines(
  path: string,
  chunks: AsyncIterable<string>,
  options: FileReadOptions,
): AsyncGenerator<Document> {
  const cutter: Cutter = { line: 1, cut: new Set(), failure: null };
  const lines = ReadableStream.from(cutLines(chunks, options, cutter))
    .pipeThrough(new TextLineStream());
  let number = 0;
  for await (const line of lines) {
    number++;
    // Of a line that the failure broke off nothing can be told.
    if (cutter.failure !== null && number === cutter.line) break;
    const place = `${path}:${number}`;
    let document: Document | null;
    try {
      if (cutter.cut.delete(number)) throw tooLong(place, options);
      if (line.trim() === "") continue;
      document = documentOfFields(
        parseLine(line, place),
        place,
        options,
        "line",
      );
    } catch (error) {
      if (!(error instanceof BadSource)) throw error;
      options.skip(error);
      continue;
    }
    if (document !== null) yield document;
  }
  if (cutter.failure !== null) throw cutter.failure.error;
}

function parseLine(line: string, place: string): Map<string, unknown> {
  if (!line.isWellFormed()) {
    throw new BadSource(
      "bad_utf8",
      place,
      `Cannot read the line ${place}: it holds a byte that is not UTF-8`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new BadSource(
      "bad_json",
      place,
      `Cannot read the line ${place}: it is not JSON (${
        cause instanceof Error ? cause.message : cause
      })`,
      { cause },
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const shown = line.length <= 80 ? line : `${line.slice(0, 79)}…`;
    throw new BadSource(
      "bad_json",
      place,
      `Cannot read the line ${place}: it holds ${shown}, not an object`,
    );
  }
  return new Map(Object.entries(value));
}

/** What is known of the lines before they are apart. */
interface Cutter {
  /** Number of the line that is coming. */
  line: number;
  /** Numbers of lines of which the end was left out. */
  readonly cut: Set<number>;
  /** What ended the file too early; the whole lines before it still come. */
  failure: { readonly error: unknown } | null;
}

/**
 * Leaves out what a line has beyond its greatest length, before a line without
 * end fills the memory.
 */
async function* cutLines(
  chunks: AsyncIterable<string>,
  { maxDocumentLength, skips }: FileReadOptions,
  cutter: Cutter,
): AsyncGenerator<string> {
  let length = 0;
  try {
    for await (const chunk of chunks) {
      let kept = "";
      let from = 0;
      let start = 0;
      for (;;) {
        const found = chunk.indexOf("\n", start);
        const end = found < 0 ? chunk.length : found;
        const room = Math.max(0, maxDocumentLength - length);
        length += end - start;
        if (end - start > room) {
          cutter.cut.add(cutter.line);
          kept += chunk.slice(from, start + room);
          from = end;
          // Whoever stops at this line need not wait for its end.
          if (!skips) return yield kept;
        }
        if (found < 0) break;
        cutter.line++;
        length = 0;
        start = found + 1;
      }
      yield from === 0 ? chunk : kept + chunk.slice(from);
    }
  } catch (error) {
    cutter.failure = { error };
  }
}

function tooLong(
  place: string,
  { maxDocumentLength }: FileReadOptions,
): BadSource {
  return new BadSource(
    "line_too_long",
    place,
    `Cannot read the line ${place}: it has more than ${maxDocumentLength} characters; is the file JSONL?`,
  );
}
