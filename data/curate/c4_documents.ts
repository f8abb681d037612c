import { boolean, integer } from "../schema.ts";
import { countSentences } from "./count_sentences.ts";
import type { StepDefinition } from "./step_definition.ts";

/** Options of the step `c4_documents`. */
export interface C4DocumentsOptions {
  /** Whether a page with placeholder text is dropped. */
  readonly drop_lorem_ipsum: boolean;
  /** Whether a page with `{` is dropped, which is mostly code. */
  readonly drop_curly_brackets: boolean;
  /** Fewest sentences of all lines together. */
  readonly min_sentences: number;
}

/**
 * C4's rules for whole pages (Raffel et al. 2020, arXiv 1910.10683, section
 * 2.2), meant to follow `c4_lines`. A document is dropped by the first rule
 * that it fails, in this order: `lorem_ipsum`, `curly_bracket`,
 * `too_few_sentences`.
 */
export const C4_DOCUMENTS: StepDefinition<C4DocumentsOptions> = {
  name: "c4_documents",
  summary: "drops placeholder text, code and pages with too few sentences",
  options: {
    drop_lorem_ipsum: boolean({
      default: true,
      description: 'whether a page with "lorem ipsum" is dropped',
    }),
    drop_curly_brackets: boolean({
      default: true,
      description: "whether a page with { is dropped",
    }),
    min_sentences: integer({
      default: 5,
      minimum: 0,
      description: "fewest sentences of all lines together",
    }),
  },
  make: (options) => ({
    kind: "document",
    name: "c4_documents",
    judge(document) {
      const { text } = document;
      if (options.drop_lorem_ipsum && /lorem ipsum/i.test(text)) {
        return { dropped: "lorem_ipsum" };
      }
      if (options.drop_curly_brackets && text.includes("{")) {
        return { dropped: "curly_bracket" };
      }
      return hasSentences(text, options.min_sentences)
        ? document
        : { dropped: "too_few_sentences" };
    },
  }),
};

/** Whether the lines of a text have so many sentences. */
function hasSentences(text: string, needed: number): boolean {
  let sentences = 0;
  for (const line of text.split("\n")) {
    if (sentences >= needed) return true;
    sentences += countSentences(line);
  }
  return sentences >= needed;
}
