import type { Document } from "../document.ts";
import { nearest } from "../nearest.ts";
import { BadSource } from "./bad_source.ts";
import type { FileReadOptions } from "./read_options.ts";

/** Which fields a document is made of. */
export type FieldOptions = Pick<
  FileReadOptions,
  "textField" | "idField" | "metadataFields" | "maxDocumentLength"
>;

/**
 * Makes a document of a record's fields.
 *
 * @param fields Name and value of each.
 * @param place `path:number`, which names the document that has no id.
 * @param options Which fields are what.
 * @param what What the record is, in errors.
 * @returns The document, or null where its text is empty or null.
 * @throws {BadSource} If there is no text, or something else in its field.
 */
export function documentOfFields(
  fields: ReadonlyMap<string, unknown>,
  place: string,
  options: FieldOptions,
  what: "line" | "row",
): Document | null {
  const { textField, idField, metadataFields } = options;
  const text = fields.get(textField);
  if (!fields.has(textField)) {
    throw new BadSource(
      "no_text_field",
      place,
      `Cannot read the ${what} ${place}: it has no ${
        missingField(textField, [...fields.keys()], "field")
      }`,
    );
  }
  if (text === null || text === "") return null;
  if (typeof text !== "string") {
    throw new BadSource(
      "wrong_type",
      place,
      `Cannot read the ${what} ${place}: its field "${textField}" is not a text`,
    );
  }
  if (text.length > options.maxDocumentLength) {
    throw new BadSource(
      "text_too_long",
      place,
      `Cannot read the ${what} ${place}: its text has ${text.length} characters, more than the ${options.maxDocumentLength} allowed`,
    );
  }
  const id = fields.get(idField);
  const metadata: [string, unknown][] = [];
  for (const name of metadataFields ?? fields.keys()) {
    if (name === textField || name === idField) continue;
    if (fields.has(name)) metadata.push([name, fields.get(name)]);
  }
  return {
    id: typeof id === "string" && id !== ""
      ? id.toWellFormed()
      : typeof id === "number" || typeof id === "bigint"
      ? String(id)
      : place,
    // An escape may spell half a surrogate pair, which UTF-8 cannot hold.
    text: text.toWellFormed(),
    metadata: Object.fromEntries(metadata),
  };
}

/**
 * Says what there is instead of a field.
 *
 * @param name The missing field.
 * @param names The fields that there are.
 * @param kind What they are called.
 * @returns The end of a message, after "no".
 */
export function missingField(
  name: string,
  names: readonly string[],
  kind: "field" | "column",
): string {
  const near = nearest(name, names);
  const all = names.map((name) => `"${name}"`).join(", ") || "none";
  const listed = all.length <= 80 ? all : `${all.slice(0, 79)}…`;
  const hint = near === undefined ? "its" : `did you mean "${near}"? Its`;
  return `${kind} "${name}"; ${hint} ${kind}s are ${listed}`;
}
