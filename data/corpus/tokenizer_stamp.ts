import { createHash } from "node:crypto";
import type { Tokenizer } from "../tokenize/tokenizer.ts";
import type { Manifest } from "./manifest.ts";

/**
 * Describes a tokenizer so that another one cannot be taken for it.
 *
 * @param tokenizer The tokenizer.
 * @returns What a manifest says of it.
 */
export function tokenizerStamp(tokenizer: Tokenizer): Manifest["tokenizer"] {
  const { kind, vocabSize } = tokenizer;
  const content = [...tokenizer.files()].flat().join("\0");
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { kind, vocabSize, sha256 };
}
