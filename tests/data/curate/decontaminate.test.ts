import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  DECONTAMINATE,
  type DecontaminateOptions,
} from "../../../data/curate/decontaminate.ts";
import { defaultsOf } from "../../../data/schema.ts";
import type { Document } from "../../../data/document.ts";
import { InputError } from "../../../data/input_error.ts";
import { sharedData } from "../shared_data.ts";
import { withFolder } from "../with_folder.ts";
import { type CorpusOutcome, runCorpusStep } from "./run_corpus_step.ts";

/** Thirteen words, the least that is looked for. */
const THIRTEEN = "one two three four five six seven eight nine ten eleven " +
  "twelve thirteen";

const filler = (word: string, length: number): string =>
  `${word} `.repeat(Math.ceil(length / (word.length + 1)));

async function against(
  sets: Readonly<Record<string, string>>,
  texts: readonly string[],
  options: Partial<DecontaminateOptions> = {},
): Promise<CorpusOutcome> {
  let outcome: CorpusOutcome | undefined;
  await withFolder(async (folder) => {
    const files = Object.keys(sets).map((name) => join(folder, name));
    for (const [i, content] of Object.values(sets).entries()) {
      await Deno.writeTextFile(files[i], content);
    }
    const documents = texts.map((text, i) => ({ id: String(i), text }));
    outcome = await runCorpusStep(DECONTAMINATE, documents, {
      files,
      ...options,
    });
  });
  if (outcome === undefined) throw new Error("The step did not run");
  return outcome;
}

Deno.test("thirteen words in common are too many, twelve are not", async () => {
  const { kept, dropped, notes } = await against(
    { "set.txt": `Before ${THIRTEEN} after.\n\nShort.\n` },
    [
      "He said: " + THIRTEEN.replaceAll(" ", ",\n").toUpperCase() + "!",
      THIRTEEN.replace("thirteen", "fourteen"),
      THIRTEEN.replace("six", "sixth"),
      "",
    ],
  );
  assertEquals(dropped, [["0", "contaminated_set"]]);
  assertEquals(kept.map(({ id }) => id), ["1", "2", "3"]);
  assertEquals(notes, [
    "decontaminate: set: of 2 items 1 found, in 1 document; 1 too short to be looked for",
  ]);
});

Deno.test("questions are looked for with each of their choices", async () => {
  const words = THIRTEEN.split(" ");
  const question = words.slice(0, 9).join(" ");
  const rest = words.slice(9).join(" ");
  const line = (fields: unknown): string => JSON.stringify(fields) + "\n";
  const { dropped, notes } = await against({
    "arc.jsonl": line({
      query: "Question: " + question,
      choices: ["no", rest],
    }),
    "piqa.jsonl": line({ goal: `2${question}`, sol1: "no", sol2: rest }),
    "lambada.jsonl": line({ context: `3${question}`, continuation: rest }),
    "hub.jsonl": line({
      question: `4${question}`,
      choices: { text: ["no", rest], label: ["A", "B"] },
    }),
    "plain.jsonl": line({ text: `5${question} ${rest}`, id: 7 }) +
      line({ text: "short" }),
  }, ["", "2", "3", "4", "5"].map((prefix) => prefix + THIRTEEN));
  assertEquals(
    dropped.map(([, reason]) => reason),
    ["arc", "piqa", "lambada", "hub", "plain"].map((task) =>
      `contaminated_${task}`
    ),
  );
  assertEquals(notes.slice(0, 4), [
    "decontaminate: arc: of 1 items 1 found, in 1 document",
    "decontaminate: piqa: of 1 items 1 found, in 1 document",
    "decontaminate: lambada: of 1 items 1 found, in 1 document",
    "decontaminate: hub: of 1 items 1 found, in 1 document",
  ]);
});

Deno.test("cutting leaves what is far enough away", async () => {
  const before = filler("before", 500).trim();
  const after = filler("after", 500).trim();
  const { kept, dropped, notes } = await against({ "set.txt": THIRTEEN }, [
    `${before} ${THIRTEEN} ${after}`,
    `${filler("near", 300)}${THIRTEEN} ${filler("close", 300)}`,
    Array.from({ length: 12 }, () => filler("word", 700)).join(THIRTEEN + " "),
  ], { action: "cut" });
  assertEquals(dropped, [["1", "contaminated_set"], ["2", "contaminated_set"]]);
  const [left, right, ...more] = kept[0].text.split("\n\n");
  assertEquals(more, []);
  // 200 characters and the word that the cut goes through.
  assert(/^(before )+before$/.test(left) && /^(after )+after$/.test(right));
  for (const [piece, whole] of [[left, before], [right, after]]) {
    const gone = whole.length - piece.length;
    assert(gone >= 199 && gone <= 210, `${gone} characters are gone`);
  }
  assertEquals(notes.at(-1), "decontaminate: 1 document cut");
});

Deno.test("a piece whose next one is dropped is the last of its document", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "set.txt");
    await Deno.writeTextFile(file, THIRTEEN);
    const { kept } = await runCorpusStep(DECONTAMINATE, [
      { id: "a", text: "Begins.", continues: true },
      { id: "b", text: THIRTEEN },
      { id: "c", text: "Another." },
    ], { files: [file] });
    assertEquals(kept, [
      { id: "a", text: "Begins.", continues: false },
      { id: "c", text: "Another." },
    ]);
  });
});

Deno.test("sets that cannot be used are named", () =>
  withFolder(async (folder) => {
    const fails = async (content: string | null, why: string) => {
      const file = join(folder, "set.jsonl");
      if (content !== null) await Deno.writeTextFile(file, content);
      const options = { ...defaultsOf(DECONTAMINATE.options), files: [file] };
      const error = await assertRejects(
        () => Promise.resolve(DECONTAMINATE.make(options)),
        InputError,
      );
      assert(error.message.includes(why), error.message);
    };
    await fails(null, "set.jsonl': there is no such file");
    await fails("\n", "there is nothing in it");
    await fails("{", "set.jsonl:1: it is not JSON");
    await fails('\n{"label": 1}\n', 'set.jsonl:2: {"label":1} has none of');
    await fails('{"text": "short"}', "no item has 13 words");
  }));

Deno.test("evaluation sets are found in themselves and not in novels", async () => {
  const names = ["arc_easy", "hellaswag_val_1000", "lambada_openai", "piqa"];
  const files: string[] = [];
  for (const name of names) {
    const file = sharedData(`eval/${name}.jsonl`);
    if (file === null) return;
    files.push(file);
  }
  const books = sharedData("text/gutenberg_books.jsonl");
  if (books === null) return;
  const lines = (path: string): Record<string, unknown>[] =>
    Deno.readTextFileSync(path).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
  const clean = lines(books).map(({ id, text }): Document => ({
    id: String(id),
    text: String(text),
  }));
  // A page for every tenth passage, in the words of its author.
  const dirty = lines(files[2]).filter((_, i) => i % 10 === 0).map(
    ({ context, continuation }, i): Document => ({
      id: `page-${i}`,
      text: `Home | About\n\n“${context} ${continuation}.”\n\nComments: 3`,
    }),
  );
  const { kept, dropped, notes } = await runCorpusStep(DECONTAMINATE, [
    ...clean,
    ...dirty,
  ], { files });
  assertEquals(kept, clean);
  assertEquals(dropped.length, dirty.length);
  assert(
    dropped.every(([, reason]) => reason === "contaminated_lambada_openai"),
  );
  console.log(notes);
  const touched = Number(
    /lambada_openai: of \d+ items (\d+)/.exec(notes[2])?.[1],
  );
  assert(touched >= dirty.length);
});
