import { TextLineStream } from "@std/streams";
import type { Document } from "../document.ts";
import { InputError } from "../input_error.ts";

/** What to take from each line and what to do with a broken one. */
export interface JsonLinesOptions {
  /** Name of the field that holds the text. */
  readonly textField: string;
  /** Characters that a line may have. */
  readonly maxLineLength: number;
  /** Is told of a broken line; the line is skipped unless this throws. */
  readonly onBadLine: (error: InputError) => void;
}

/**
 * Makes a document of every line of a JSONL file. Blank lines and empty texts
 * are passed over.
 *
 * @param path Names the documents, with the line's number.
 * @param chunks The file's text.
 * @param options Which field, and what to do with a broken line.
 * @returns The documents: `id` from the field of that name where it is a text,
 * the other fields as metadata.
 * @throws {InputError} If a line is too long to be read at all.
 */
export async function* jsonLines(
  path: string,
  chunks: AsyncIterable<string>,
  options: JsonLinesOptions,
): AsyncGenerator<Document> {
  const lines = ReadableStream.from(
    limitLines(path, chunks, options.maxLineLength),
  ).pipeThrough(new TextLineStream());
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() === "") continue;
    let document: Document;
    try {
      document = parseLine(line, `${path}:${number}`, options.textField);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      options.onBadLine(error);
      continue;
    }
    if (document.text !== "") yield document;
  }
}

function parseLine(line: string, place: string, textField: string): Document {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new InputError(
      `Cannot read the line ${place}: it is not JSON (${
        cause instanceof Error ? cause.message : cause
      })`,
      { cause },
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InputError(
      `Cannot read the line ${place}: it holds ${
        abbreviated(line)
      }, not an object`,
    );
  }
  const fields: Record<string, unknown> = { ...value };
  const text = fields[textField];
  if (typeof text !== "string") {
    const names = Object.keys(fields).map((name) => `"${name}"`).join(", ");
    throw new InputError(
      text === undefined
        ? `Cannot read the line ${place}: it has no field "${textField}"; its fields are ${
          abbreviated(names || "none")
        }`
        : `Cannot read the line ${place}: its field "${textField}" is not a text`,
    );
  }
  const id = typeof fields.id === "string" ? fields.id : place;
  delete fields[textField];
  delete fields.id;
  // An escape may spell half a surrogate pair, which UTF-8 cannot hold.
  return { id, text: text.toWellFormed(), metadata: fields };
}

/** Stops before a line without end fills the memory. */
async function* limitLines(
  path: string,
  chunks: AsyncIterable<string>,
  maxLength: number,
): AsyncGenerator<string> {
  let line = 1;
  let length = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf("\n", start);
      length += (end < 0 ? chunk.length : end) - start;
      if (length > maxLength) {
        throw new InputError(
          `Cannot read the line ${path}:${line}: it has more than ${maxLength} characters; is the file JSONL?`,
        );
      }
      if (end < 0) break;
      line++;
      length = 0;
      start = end + 1;
    }
    yield chunk;
  }
}

function abbreviated(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
