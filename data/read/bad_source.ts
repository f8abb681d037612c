import { InputError } from "../input_error.ts";

/**
 * Why a part of a source could not be read, one word for all such parts:
 *
 * - `bad_utf8`: a byte is not UTF-8
 * - `bad_json`: a line is not a JSON object
 * - `bad_csv`: quotes that do not match; the rest of the file is lost
 * - `bad_row`: a CSV row has another number of fields than the header
 * - `no_text_field`: a line or a table has no field of the text's name
 * - `wrong_type`: the field of the text holds something else
 * - `line_too_long`, `text_too_long`: longer than is allowed
 * - `unpacks_too_large`: a packed file holds more than is allowed
 * - `damaged`: a packed file or a Parquet file is cut off or broken
 */
export type SkipReason =
  | "bad_utf8"
  | "bad_json"
  | "bad_csv"
  | "bad_row"
  | "no_text_field"
  | "wrong_type"
  | "line_too_long"
  | "text_too_long"
  | "unpacks_too_large"
  | "damaged";

/**
 * A part of a source that cannot be read: a document, a line, or all that is
 * left of a file. A reader may pass over it and go on.
 *
 * @example
 * ```ts
 * import { readDocuments } from "@minnow/minnow";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/a.jsonl`, '{"text": "One."}\n{"te');
 * const skipped: string[] = [];
 * const documents = readDocuments([folder], {
 *   onSkip: ({ reason }) => skipped.push(reason),
 * });
 * assertEquals((await Array.fromAsync(documents)).length, 1);
 * assertEquals(skipped, ["bad_json"]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class BadSource extends InputError {
  /** One word for all parts that are bad in this way. */
  readonly reason: SkipReason;
  /** Which part: a path, or `path:number` for a line or a row, from 1. */
  readonly place: string;

  /**
   * Makes an error that names what is passed over.
   *
   * @param reason One word for all parts that are bad in this way.
   * @param place Which part.
   * @param message As for every {@linkcode InputError}.
   * @param options `cause`: the error underneath, if any.
   */
  constructor(
    reason: SkipReason,
    place: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.reason = reason;
    this.place = place;
  }
}
