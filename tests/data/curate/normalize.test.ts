import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { parseStep } from "../../../data/curate/step_catalog.ts";
import { judgeWith, outcome } from "./judge.ts";

async function normalized(text: string, step: unknown = "normalize") {
  return outcome((await judgeWith(step))(text));
}

Deno.test("line ends of every system become one", async () => {
  const ends = ["\r\n", "\r", "\v", "\f", "\x85", "\u2028"];
  for (const end of ends) {
    assertEquals(await normalized(`one${end}two`), "one\ntwo");
  }
  assertEquals(await normalized("one\u2029two"), "one\n\ntwo");
});

Deno.test("characters are composed", async () => {
  assertEquals(await normalized("e\u0301 \u1100\u1161"), "é 가");
  // The ligature stays in NFC and is two letters in NFKC.
  assertEquals(await normalized("ﬁn"), "ﬁn");
  assertEquals(await normalized("ﬁn", { normalize: { form: "NFKC" } }), "fin");
});

Deno.test("control characters and byte order marks inside go, tabs stay", async () => {
  assertEquals(
    await normalized("\ta\0b\x07\x1b\x7f\ufeffc\u200d"),
    "\tabc\u200d",
  );
});

Deno.test("Windows-1252 read as Latin-1 is mended, a lone U+0085 is a line end", async () => {
  assertEquals(
    await normalized("\x93It\x92s\x85\x94 \x80 5\x81"),
    "“It’s…” € 5",
  );
  assertEquals(await normalized("It's\x85 so"), "It's\n so");
});

Deno.test("blanks at line ends and blank lines too many go, indentation stays", async () => {
  const text = "\n \n  one \t\n\n \u00a0\n\n    two\u3000\n\n\n";
  assertEquals(await normalized(text), "  one\n\n    two");
  assertEquals(
    await normalized(text, { normalize: { max_blank_lines: 0 } }),
    "  one\n    two",
  );
  assertEquals(
    await normalized(text, { normalize: { max_blank_lines: 5 } }),
    "  one\n\n\n\n    two",
  );
});

Deno.test("nothing left is empty, nothing changed is the same document", async () => {
  assertEquals(await normalized(" \n\ufeff\0\t"), "[empty]");
  const step = await parseStep("normalize", "test");
  assert(step.kind === "document");
  const document = { id: "a", text: "fine", metadata: { url: "x" } };
  assertStrictEquals(step.judge(document), document);
  assertEquals(step.judge({ ...document, text: "fine\r\n" }), document);
});

Deno.test("pieces of one file still join as they did", async () => {
  const step = await parseStep("normalize", "test");
  assert(step.kind === "document");
  const join = (text: string) =>
    outcome(step.judge({ id: "a", text, continues: true })) + "next";
  assertEquals(join("a line \r\n"), "a line\nnext");
  assertEquals(join("a paragraph\n\n\n\n"), "a paragraph\n\nnext");
  assertEquals(join("a word \t"), "a word next");
  assertEquals(join("half a wo"), "half a wonext");
});

Deno.test("normalising again changes nothing", async () => {
  const texts = [
    "a" + "\u0315\u0300".repeat(100),
    "\x93\x85\x94",
    "x\u2028\u2029\n\u00a0\ufeff\n\r\r\n y\v",
    "e" + "\u0301".repeat(31) + "\u034f".repeat(40),
  ];
  for (const form of ["NFC", "NFKC"]) {
    for (const text of texts) {
      const once = await normalized(text, { normalize: { form } });
      assertEquals(await normalized(once, { normalize: { form } }), once);
    }
  }
});
