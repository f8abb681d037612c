import { boolean, integer } from "../schema.ts";
import {
  dropFrequentParts,
  type FrequentPartsOptions,
} from "./dedup/frequent_parts.ts";
import { memoryOption } from "./dedup/memory_option.ts";
import type { PartKind } from "./dedup/text_parts.ts";
import type { StepDefinition } from "./step_definition.ts";

function definitionOf(
  kind: PartKind,
  maxDocuments: number,
  minWords: number,
): StepDefinition<FrequentPartsOptions> {
  const name = `duplicate_${kind}`;
  return {
    name,
    summary: `${kind} that stand in many documents are left out`,
    options: {
      max_documents: integer({
        default: maxDocuments,
        minimum: 1,
        maximum: 1_000_000,
        description: `documents that ${kind} may stand in`,
      }),
      min_words: integer({
        default: minWords,
        minimum: 1,
        description: `words of the shortest ${kind} that are left out`,
      }),
      keep_first: boolean({
        default: false,
        description: `whether the first document that has such ${kind} ` +
          "keeps them",
      }),
      normalized: boolean({
        default: true,
        description:
          "whether case, accents, punctuation, digits and blanks are disregarded",
      }),
      memory_mib: memoryOption(),
    },
    make: (options) => ({
      kind: "corpus",
      name,
      run: (documents, context) =>
        dropFrequentParts(documents, context, kind, options),
    }),
  };
}

/** Leaves out lines that stand in many documents: menus, notices, footers. */
export const DUPLICATE_LINES: StepDefinition<FrequentPartsOptions> =
  definitionOf("lines", 10, 3);

/** Leaves out paragraphs that stand in several documents. */
export const DUPLICATE_PARAGRAPHS: StepDefinition<FrequentPartsOptions> =
  definitionOf("paragraphs", 3, 10);
