import { type DocumentStep, isDropped } from "../../../data/curate/step.ts";
import { parseStep } from "../../../data/curate/step_catalog.ts";
import type { Page } from "./pages.ts";

/** Pages by datatrove's reason for dropping them, by rule. */
export type Verdicts = Readonly<
  Record<string, Readonly<Record<string, readonly string[]>>>
>;

/** What datatrove made of the pages: `verdicts.json`. */
export interface RecordedVerdicts {
  /** Versions of the packages. */
  readonly made_with: Readonly<Record<string, string>>;
  /** Number of pages. */
  readonly pages: number;
  /** With the words of its own tokenizer. */
  readonly own_words: Verdicts;
  /** With minnow's words. */
  readonly same_words: Verdicts;
  /** Digest of the text that C4's rules for lines leave, by page. */
  readonly lines_left: Readonly<Record<string, string>>;
}

/** A page on which minnow and datatrove do not agree. */
export interface Difference {
  /** The rule, as datatrove's option or filter calls it. */
  readonly rule: string;
  readonly page: string;
  /** The reason for dropping it, or `kept`. */
  readonly minnow: string;
  /** The same, in minnow's words. */
  readonly datatrove: string;
  /** Why, as `differences.json` explains it. */
  readonly cause: string;
}

/** datatrove's reasons in minnow's words. */
const REASONS: Readonly<Record<string, string>> = {
  gopher_short_doc: "too_few_words",
  gopher_long_doc: "too_many_words",
  gopher_below_avg_threshold: "short_words",
  gopher_above_avg_threshold: "long_words",
  gopher_too_many_hashes: "many_hashes",
  gopher_too_many_ellipsis: "many_ellipses",
  gopher_too_many_bullets: "many_bullet_lines",
  gopher_too_many_end_ellipsis: "many_ellipsis_lines",
  gopher_below_alpha_threshold: "few_words_with_letters",
  gopher_enough_stop_words: "few_stop_words",
  dup_para_frac: "duplicate_paragraphs",
  dup_para_char_frac: "duplicate_paragraph_characters",
  dup_line_frac: "duplicate_lines",
  dup_line_char_frac: "duplicate_line_characters",
  line_punct_ratio: "few_punctuated_lines",
  short_line_ratio: "many_short_lines",
  char_dup_ratio: "duplicate_line_characters",
  list_ratio: "many_line_ends",
  ...Object.fromEntries(
    [5, 6, 7, 8, 9, 10].map((n) => [
      `duplicated_${n}_n_grams`,
      `duplicate_${n}_grams`,
    ]),
  ),
};

/** Options that turn every rule off. */
const QUALITY_OFF = {
  min_words: 0,
  max_words: Number.MAX_SAFE_INTEGER,
  min_mean_word_length: 0,
  max_mean_word_length: 1e9,
  max_hashes: 1e9,
  max_ellipses: 1e9,
  max_bullet_lines: 1,
  max_ellipsis_lines: 1,
  min_words_with_letters: 0,
  min_stop_words: 0,
};
const REPETITION_OFF = {
  max_duplicate_paragraphs: 1,
  max_duplicate_paragraph_characters: 1,
  max_duplicate_lines: 1,
  max_duplicate_line_characters: 1,
  max_top_2_gram: 1,
  max_top_3_gram: 1,
  max_top_4_gram: 1,
  ...Object.fromEntries(
    [5, 6, 7, 8, 9, 10].map((n) => [`max_duplicate_${n}_grams`, 1]),
  ),
};
const FINEWEB_OFF = {
  min_punctuated_lines: 0,
  max_short_lines: 1,
  max_duplicate_line_characters: 1,
  max_line_ends: 1e9,
};
const C4_OFF = {
  drop_lorem_ipsum: false,
  drop_curly_brackets: false,
  min_sentences: 0,
};

/** minnow's steps for each of datatrove's rules. */
const CASES: Readonly<Record<string, readonly unknown[]>> = {
  min_doc_words: only("gopher_quality", QUALITY_OFF, "min_words"),
  max_doc_words: only("gopher_quality", QUALITY_OFF, "max_words"),
  min_avg_word_length: only(
    "gopher_quality",
    QUALITY_OFF,
    "min_mean_word_length",
  ),
  max_avg_word_length: only(
    "gopher_quality",
    QUALITY_OFF,
    "max_mean_word_length",
  ),
  max_symbol_word_ratio: only(
    "gopher_quality",
    QUALITY_OFF,
    "max_hashes",
    "max_ellipses",
  ),
  max_bullet_lines_ratio: only(
    "gopher_quality",
    QUALITY_OFF,
    "max_bullet_lines",
  ),
  max_ellipsis_lines_ratio: only(
    "gopher_quality",
    QUALITY_OFF,
    "max_ellipsis_lines",
  ),
  max_non_alpha_words_ratio: only(
    "gopher_quality",
    QUALITY_OFF,
    "min_words_with_letters",
  ),
  min_stop_words: only("gopher_quality", QUALITY_OFF, "min_stop_words"),
  gopher_quality: ["gopher_quality"],
  dup_line_frac: only(
    "gopher_repetition",
    REPETITION_OFF,
    "max_duplicate_lines",
  ),
  dup_para_frac: only(
    "gopher_repetition",
    REPETITION_OFF,
    "max_duplicate_paragraphs",
  ),
  dup_line_char_frac: only(
    "gopher_repetition",
    REPETITION_OFF,
    "max_duplicate_line_characters",
  ),
  dup_para_char_frac: only(
    "gopher_repetition",
    REPETITION_OFF,
    "max_duplicate_paragraph_characters",
  ),
  ...Object.fromEntries([2, 3, 4].map((n) => [
    `top_${n}`,
    only("gopher_repetition", REPETITION_OFF, `max_top_${n}_gram`),
  ])),
  ...Object.fromEntries([5, 6, 7, 8, 9, 10].map((n) => [
    `duplicate_${n}`,
    only("gopher_repetition", REPETITION_OFF, `max_duplicate_${n}_grams`),
  ])),
  gopher_repetition: ["gopher_repetition"],
  line_punct_thr: only("fineweb", FINEWEB_OFF, "min_punctuated_lines"),
  short_line_thr: only("fineweb", FINEWEB_OFF, "max_short_lines"),
  char_duplicates_ratio: only(
    "fineweb",
    FINEWEB_OFF,
    "max_duplicate_line_characters",
  ),
  new_line_ratio: only("fineweb", FINEWEB_OFF, "max_line_ends"),
  fineweb: ["fineweb"],
  filter_lorem_ipsum: [
    "c4_lines",
    ...only("c4_documents", C4_OFF, "drop_lorem_ipsum"),
  ],
  filter_curly_bracket: [
    "c4_lines",
    ...only("c4_documents", C4_OFF, "drop_curly_brackets"),
  ],
  min_num_sentences: [
    "c4_lines",
    ...only("c4_documents", C4_OFF, "min_sentences"),
  ],
  c4: ["c4_lines", "c4_documents"],
};

/** A step of which only some options have their defaults. */
function only(
  step: string,
  off: Readonly<Record<string, unknown>>,
  ...kept: readonly string[]
): unknown[] {
  const options = Object.entries(off).filter(([key]) => !kept.includes(key));
  return [{ [step]: Object.fromEntries(options) }];
}

/**
 * Judges the pages and compares.
 *
 * @param pages The pages that datatrove saw.
 * @param recorded What it made of them.
 * @returns Where the two differ, rule by rule.
 */
export async function compareVerdicts(
  pages: readonly Page[],
  recorded: RecordedVerdicts,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const [rule, names] of Object.entries(CASES)) {
    const steps = await documentSteps(names);
    const own = reasonsByPage(recorded.own_words[rule]);
    const same = reasonsByPage(recorded.same_words[rule]);
    for (const page of pages) {
      const minnow = judge(page, steps);
      const datatrove = own.get(page.id) ?? "kept";
      if (minnow === datatrove) continue;
      const cause = minnow === (same.get(page.id) ?? "kept")
        ? "words"
        : causeOf(rule, minnow, datatrove);
      differences.push({ rule, page: page.id, minnow, datatrove, cause });
    }
  }
  return [...differences, ...await compareLines(pages, recorded)];
}

/** Pages of which C4's rules for lines leave another text. */
async function compareLines(
  pages: readonly Page[],
  recorded: RecordedVerdicts,
): Promise<Difference[]> {
  const steps = await documentSteps(["c4_lines"]);
  const differences: Difference[] = [];
  for (const page of pages) {
    const verdict = steps[0].judge(page);
    const minnow = await digest(isDropped(verdict) ? "" : verdict.text);
    const datatrove = recorded.lines_left[page.id];
    if (minnow === datatrove) continue;
    const rule = "c4_lines";
    differences.push({
      rule,
      page: page.id,
      minnow,
      datatrove,
      cause: "unexplained",
    });
  }
  return differences;
}

/** Why the two differ although they see the same words. */
function causeOf(rule: string, minnow: string, datatrove: string): string {
  if (rule === "min_num_sentences" || rule === "c4") return "sentences";
  if (datatrove.startsWith("top_")) return "once";
  if (datatrove === "few_punctuated_lines") return "blanks";
  return minnow === "too_few_words" ? "symbols" : "unexplained";
}

async function documentSteps(
  names: readonly unknown[],
): Promise<DocumentStep[]> {
  const steps: DocumentStep[] = [];
  for (const name of names) {
    const step = await parseStep(name, "datatrove");
    if (step.kind !== "document") throw new Error(`${step.name} sees all`);
    steps.push(step);
  }
  return steps;
}

function judge(page: Page, steps: readonly DocumentStep[]): string {
  let document = page;
  for (const step of steps) {
    const verdict = step.judge(document);
    if (isDropped(verdict)) {
      // Where no line is left there is no sentence, which is what counts.
      if (verdict.dropped !== "no_lines_left") return verdict.dropped;
      document = { ...document, text: "" };
    } else {
      document = verdict;
    }
  }
  return "kept";
}

function reasonsByPage(
  reasons: Readonly<Record<string, readonly string[]>>,
): Map<string, string> {
  return new Map(
    Object.entries(reasons).flatMap(([reason, pages]) =>
      pages.map((page) => [page, REASONS[reason] ?? reason] as const)
    ),
  );
}

async function digest(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(hash).toHex().slice(0, 12);
}
