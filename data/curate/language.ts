import { InputError } from "../input_error.ts";
import { number, quote, texts } from "../schema.ts";
import type { StepDefinition } from "./step_definition.ts";

/** Options of the step `language`. */
export interface LanguageOptions {
  /** Languages kept, as ISO 639-1 codes; none keeps all. */
  readonly keep: readonly string[];
  /** Smallest score of the language found, from 0 to 1. */
  readonly min_confidence: number;
}

/**
 * Finds the language of a document and keeps some languages only. Sets
 * `metadata.language` to the code. Drops others as `language_` and the code,
 * and as `language_unknown` what has no letters or a score too low. Three
 * pieces of a longer text are looked at, 1,000 characters in all.
 */
export const LANGUAGE: StepDefinition<LanguageOptions> = {
  name: "language",
  summary: "keeps documents in some languages",
  options: {
    keep: texts({
      default: ["en"],
      description:
        "languages kept, as ISO 639-1 codes; an empty list keeps all",
    }),
    min_confidence: number({
      default: 0,
      minimum: 0,
      maximum: 1,
      description: "smallest score of the language found",
    }),
  },
  make: async ({ keep, min_confidence }) => {
    // Its tables take a second to load: only for those who use the step.
    const { eld } = await import("npm:eld@^2.1.0/small");
    const known = Object.values(eld.info().Languages);
    for (const code of keep) {
      if (known.includes(code)) continue;
      throw new InputError(
        `language: unknown language ${quote(code)}; there are ${
          known.toSorted().join(", ")
        }`,
      );
    }
    return {
      kind: "document",
      name: "language",
      judge(document) {
        const found = eld.detect(sample(document.text));
        const { language } = found;
        const score = found.getScores()[language] ?? 0;
        if (language === "" || score < min_confidence) {
          return { dropped: "language_unknown" };
        }
        if (keep.length > 0 && !keep.includes(language)) {
          return { dropped: `language_${language}` };
        }
        const metadata = { ...document.metadata, language };
        return { ...document, metadata };
      },
    };
  },
};

/** The detector reads 1,000 units; a page may begin with a menu. */
function sample(text: string): string {
  if (text.length <= 1000) return text;
  const piece = 332;
  const free = text.length - 3 * piece;
  return [free / 6, free / 2 + piece, 5 * free / 6 + 2 * piece]
    .map(Math.floor).map((start) => text.slice(start, start + piece)).join(" ");
}
