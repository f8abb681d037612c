import { basename } from "@std/path";
import { InputError } from "../../input_error.ts";
import { quote } from "../../schema.ts";

/** One question, passage or paragraph of an evaluation set. */
export interface EvaluationItem {
  /** The set: its file's name without extensions. */
  readonly task: string;
  /**
   * What is looked for: of a question with choices one text a choice, the
   * question before each, as a page that gives it away would have it.
   */
  readonly texts: readonly string[];
}

/** Fields that may hold what is asked, in the order in which they are read. */
const QUESTION_FIELDS = [
  "text",
  "passage",
  "context",
  "ctx",
  "goal",
  "question",
  "query",
  "prompt",
];

/** Fields that may hold what is answered. */
const ANSWER_FIELDS = [
  "choices",
  "endings",
  "options",
  "sol1",
  "sol2",
  "continuation",
  "answer",
];

/**
 * Reads an evaluation set. Of a text file every line is an item; of JSONL every
 * line is one, its text fields and those of multiple-choice formats.
 *
 * @param path A file of UTF-8; JSONL where its name ends in `.jsonl`,
 * `.ndjson` or `.json`. It is read into memory.
 * @returns Its items.
 * @throws {InputError} If the file cannot be read, is not UTF-8, or a line has
 * none of the fields.
 */
export async function readEvaluationItems(
  path: string,
): Promise<EvaluationItem[]> {
  const content = await readText(path);
  const task = basename(path).replace(/\..*$/s, "") || basename(path);
  const json = /\.(jsonl|ndjson|json)$/i.test(path);
  const items: EvaluationItem[] = [];
  for (const [index, line] of content.split("\n").entries()) {
    if (line.trim() === "") continue;
    const texts = json ? textsOf(line, `${path}:${index + 1}`) : [line];
    items.push({ task, texts });
  }
  if (items.length === 0) {
    throw new InputError(
      `Cannot decontaminate against '${path}': there is nothing in it; leave it out`,
    );
  }
  return items;
}

async function readText(path: string): Promise<string> {
  try {
    const bytes = await Deno.readFile(path);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const why = cause instanceof Deno.errors.NotFound
      ? "there is no such file"
      : cause instanceof TypeError
      ? "it is not UTF-8; convert it first"
      : cause instanceof Error
      ? cause.message
      : cause;
    throw new InputError(`Cannot decontaminate against '${path}': ${why}`, {
      cause,
    });
  }
}

function textsOf(line: string, place: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new InputError(
      `Cannot read the evaluation item ${place}: it is not JSON; every line has to be an object`,
      { cause },
    );
  }
  const fields: Readonly<Record<string, unknown>> =
    typeof value === "object" && value !== null ? { ...value } : {};
  const question = QUESTION_FIELDS.flatMap((name) => stringsOf(fields[name]))
    .join(" ").replace(/^\s*Question:/, "");
  const answers = ANSWER_FIELDS.flatMap((name) => stringsOf(fields[name]));
  if (question === "" && answers.length === 0) {
    throw new InputError(
      `Cannot read the evaluation item ${place}: ${
        quote(value)
      } has none of the fields ${
        [...QUESTION_FIELDS, ...ANSWER_FIELDS].join(", ")
      }; rename its own`,
    );
  }
  return answers.length === 0
    ? [question]
    : answers.map((answer) => `${question} ${answer}`);
}

/** A text, the texts of a list, or those in the `text` of an object. */
function stringsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(stringsOf);
  return typeof value === "object" && value !== null && "text" in value
    ? stringsOf(value.text)
    : [];
}
