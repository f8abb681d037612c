import { sharedData } from "../../data/shared_data.ts";

/** A real page to be judged. */
export interface Page {
  /** Names the page: `dclm/17`. */
  readonly id: string;
  /** As its source has it, not normalised. */
  readonly text: string;
}

/**
 * Collects about a thousand real pages from the test data beside the
 * repository: web pages, encyclopedia articles, novels cut to the size of a
 * page, and texts of evaluation tasks.
 *
 * @returns The pages in a fixed order, or null where the data is missing.
 */
export function comparedPages(): Page[] | null {
  const paths = [
    "quality/dclm_quality_labels_499.jsonl",
    "eval/wikitext2_valid.txt",
    "text/gutenberg_books.jsonl",
    "eval/lambada_openai.jsonl",
    "eval/hellaswag_val_1000.jsonl",
  ].map(sharedData);
  const [web, wiki, books, lambada, hellaswag] = paths;
  if (!web || !wiki || !books || !lambada || !hellaswag) return null;
  return [
    ...named("dclm", field(web, "text")),
    ...named("wikitext", articles(Deno.readTextFileSync(wiki))),
    ...named("gutenberg", field(books, "text").map(pageOf)),
    ...named("lambada", field(lambada, "context").slice(0, 100)),
    ...named("hellaswag", field(hellaswag, "query").slice(0, 100)),
  ];
}

function named(source: string, texts: readonly string[]): Page[] {
  return texts.map((text, i) => ({ id: `${source}/${i}`, text }));
}

/** One field of every line. */
function field(path: string, name: string): string[] {
  return Deno.readTextFileSync(path).split("\n").filter((line) => line !== "")
    .map((line) => {
      const value: unknown = JSON.parse(line)[name];
      if (typeof value !== "string") throw new Error(`${path}: no ${name}`);
      return value;
    });
}

/** WikiText marks titles of articles by one ` = ` on each side. */
function articles(text: string): string[] {
  return text.split(/^(?= = [^=\n]+ = $)/m).filter((part) =>
    part.trim() !== ""
  );
}

/** The beginning of a chapter, up to the end of a line. */
function pageOf(chapter: string): string {
  if (chapter.length <= 5000) return chapter;
  const end = chapter.indexOf("\n", 5000);
  return end < 0 ? chapter : chapter.slice(0, end);
}
