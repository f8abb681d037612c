import type { Document } from "../document.ts";
import type { Tokenizer } from "../tokenize/tokenizer.ts";
import { utf8Length } from "../utf8_length.ts";
import { sourceNameOf } from "./source_name.ts";
import type { Amount } from "./step_tally.ts";

/** Bytes of a source after which its tokens a byte are known well enough. */
const ENOUGH_BYTES = 1024 * 1024;

/**
 * Estimates how many tokens each source has: those of the first MiB of its
 * text, and as many a byte for the rest.
 *
 * @param documents What is left of all sources.
 * @param tokenizer Encodes the text.
 * @param leftOf How much is left of each source.
 * @returns Tokens by source, the end-of-text tokens among them.
 */
export function measureTokens(
  documents: Iterable<Document>,
  tokenizer: Tokenizer,
  leftOf: Readonly<Record<string, Amount>>,
): Map<string, number> {
  const measured = new Map<string, { tokens: number; bytes: number }>();
  const missing = new Set(Object.keys(leftOf));
  for (const document of documents) {
    if (missing.size === 0) break;
    const name = sourceNameOf(document);
    if (!missing.has(name)) continue;
    const sum = measured.get(name) ?? { tokens: 0, bytes: 0 };
    measured.set(name, sum);
    sum.tokens += tokenizer.encode(document.text).length + 1;
    sum.bytes += utf8Length(document.text);
    if (sum.bytes >= ENOUGH_BYTES) missing.delete(name);
  }
  return new Map(
    Object.entries(leftOf).map(([name, { bytes }]) => {
      const sum = measured.get(name);
      const rate = sum === undefined ? 0 : sum.tokens / Math.max(1, sum.bytes);
      return [name, Math.round(bytes * rate)];
    }),
  );
}
