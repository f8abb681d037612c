/**
 * minnow trains small language models on one GPU: text and time in, a model
 * out.
 *
 * @example
 * ```ts
 * import type { Document } from "@minnow/minnow";
 *
 * const document: Document = { id: "greeting", text: "Hello." };
 * console.log(document.text.length); // 6
 * ```
 *
 * @module
 */
export type { Document } from "./data/document.ts";
