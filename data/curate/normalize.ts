import { choice, integer } from "../schema.ts";
import type { StepDefinition } from "./step_definition.ts";
import { normalizeText } from "./normalize_text.ts";

/** Options of the step `normalize`. */
export interface NormalizeOptions {
  /** Unicode normalisation form of the result. */
  readonly form: "NFC" | "NFKC";
  /** Most blank lines in a row. */
  readonly max_blank_lines: number;
}

/**
 * Brings characters and white space into one form, so that all later steps and
 * the tokenizer see the same bytes for the same text. Drops documents of which
 * nothing is left, as `empty`.
 */
export const NORMALIZE: StepDefinition<NormalizeOptions> = {
  name: "normalize",
  summary: "one form for characters, line ends and blanks",
  options: {
    form: choice({
      choices: ["NFC", "NFKC"],
      default: "NFC",
      description: "Unicode normalisation form of the result",
    }),
    max_blank_lines: integer({
      default: 1,
      minimum: 0,
      description: "most blank lines in a row; more are left out",
    }),
  },
  make: ({ form, max_blank_lines }) => ({
    kind: "document",
    name: "normalize",
    judge(document) {
      let text = normalizeText(document.text, form, max_blank_lines);
      if (text === "") return { dropped: "empty" };
      if (document.continues) text += joint(document.text, max_blank_lines);
      return text === document.text ? document : { ...document, text };
    },
  }),
};

/** What has to stay between a piece and the next one of the same file. */
function joint(text: string, maxBlankLines: number): string {
  const end = text.slice(text.trimEnd().length);
  const lines = end.split("\n").length - 1;
  if (lines === 0) return end === "" ? "" : " ";
  return "\n".repeat(Math.min(lines, maxBlankLines + 1));
}
