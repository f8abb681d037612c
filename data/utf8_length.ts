import { Buffer } from "node:buffer";

/**
 * Length of a text in UTF-8, several times faster than encoding it.
 *
 * @param text Well-formed Unicode.
 * @returns Bytes.
 */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text, "utf8");
}
