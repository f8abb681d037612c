import type { Document } from "../document.ts";
import { InputError } from "../input_error.ts";
import { choice, integer, texts } from "../schema.ts";
import { cutMatches } from "./dedup/cut_matches.ts";
import {
  describeContamination,
  EvaluationIndex,
} from "./dedup/evaluation_index.ts";
import { PieceCloser } from "./dedup/piece_closer.ts";
import type { StepContext } from "./step.ts";
import type { StepDefinition } from "./step_definition.ts";

/** Options of the step `decontaminate`. */
export interface DecontaminateOptions {
  /** Evaluation sets, as `.txt` or `.jsonl`. */
  readonly files: readonly string[];
  /** Words of an n-gram. */
  readonly ngram: number;
  /** What happens to a document that shares one. */
  readonly action: "drop" | "cut";
  /** Characters around an n-gram that are cut out with it. */
  readonly around: number;
}

/**
 * Drops documents that share a word n-gram with an evaluation set, as
 * `contaminated_` with the name of the set, or cuts the n-grams out of them
 * with what stands around them. Words are those of Brown et al.
 * (arXiv:2005.14165, appendix C): lower case, at white space, without
 * punctuation. At the end it notes for each set how many of its items stand in
 * how many documents.
 *
 * Documents are passed on as they come. An n-gram across the border of two
 * pieces of one huge file is not seen.
 */
export const DECONTAMINATE: StepDefinition<DecontaminateOptions> = {
  name: "decontaminate",
  summary: "documents that share n-grams with evaluation sets go",
  options: {
    files: texts({
      default: [],
      description: "evaluation sets: .txt with an item a line, or .jsonl",
    }),
    ngram: integer({
      default: 13,
      minimum: 2,
      maximum: 100,
      description: "words of the n-grams that documents must not share",
    }),
    action: choice({
      choices: ["drop", "cut"],
      default: "drop",
      description: "whether the document is dropped or the n-gram is cut out",
    }),
    around: integer({
      default: 200,
      minimum: 0,
      description: "characters cut out on either side of an n-gram",
    }),
  },
  async make(options) {
    if (options.files.length === 0) {
      throw new InputError(
        'Cannot decontaminate against nothing: give "files" of decontaminate a list of evaluation sets',
      );
    }
    const index = await EvaluationIndex.read(options.files, options.ngram);
    return {
      kind: "corpus",
      name: "decontaminate",
      run: (documents, context) => run(documents, context, index, options),
    };
  },
};

async function* run(
  documents: AsyncIterable<Document>,
  context: StepContext,
  index: EvaluationIndex,
  { action, around }: DecontaminateOptions,
): AsyncGenerator<Document> {
  index.forget();
  const closer = new PieceCloser();
  let cut = 0;
  for await (const document of documents) {
    const found = index.look(document.text);
    let left: Document | null = document;
    if (found !== null) {
      const text = action === "cut"
        ? cutMatches(document.text, found.matches, around)
        : null;
      left = text === null ? null : { ...document, text };
      if (left === null) context.drop(document, `contaminated_${found.task}`);
      else cut++;
    }
    const ready = closer.push(left);
    if (ready !== null) yield ready;
  }
  const last = closer.end();
  if (last !== null) yield last;
  for (const task of index.contamination) {
    context.progress(`decontaminate: ${describeContamination(task)}`);
  }
  if (action === "cut") {
    context.progress(
      `decontaminate: ${cut} document${cut === 1 ? "" : "s"} cut`,
    );
  }
}
