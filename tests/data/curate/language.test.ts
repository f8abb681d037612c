import { assert, assertEquals, assertRejects } from "@std/assert";
import { parseStep } from "../../../data/curate/step_catalog.ts";
import { InputError } from "../../../data/input_error.ts";
import { judgeWith, outcome, reason } from "./judge.ts";

const TEXTS = {
  en: "The weather was fine and the children went down to the river to swim.",
  de: "Das Wetter war schön, und die Kinder gingen zum Schwimmen an den Fluss.",
  fr: "Il faisait beau et les enfants sont allés nager dans la rivière.",
  es: "Hacía buen tiempo y los niños fueron a nadar al río por la tarde.",
  ru: "Погода была хорошая, и дети пошли купаться на реку.",
  ja: "天気がよかったので、子供たちは川へ泳ぎに行きました。",
};

Deno.test("the language is found, noted, and others go", async () => {
  const judge = await judgeWith("language");
  for (const [code, text] of Object.entries(TEXTS)) {
    const verdict = judge(text);
    assertEquals(reason(verdict), code === "en" ? "kept" : `language_${code}`);
  }
  const all = await parseStep({ language: { keep: [] } }, "test");
  assert(all.kind === "document");
  for (const [language, text] of Object.entries(TEXTS)) {
    assertEquals(all.judge({ id: "a", text, metadata: { url: "x" } }), {
      id: "a",
      text,
      metadata: { url: "x", language },
    });
  }
});

Deno.test("a menu in front does not hide the language of a page", async () => {
  const judge = await judgeWith("language");
  const page = `${TEXTS.de} ${`${TEXTS.en}\n`.repeat(30)}`;
  assertEquals(outcome(judge(page)), page);
});

Deno.test("what has no language is unknown", async () => {
  const judge = await judgeWith("language");
  for (const text of ["", "12 + 34 = 46", "!?"]) {
    assertEquals(reason(judge(text)), "language_unknown");
  }
  const sure = await judgeWith({ language: { min_confidence: 1 } });
  assertEquals(reason(sure(TEXTS.en)), "language_unknown");
});

Deno.test("an unknown language is refused", async () => {
  const error = await assertRejects(
    () => parseStep({ language: { keep: ["en", "english"] } }, "c.yaml"),
    InputError,
  );
  assert(error.message.startsWith('language: unknown language "english"'));
});
