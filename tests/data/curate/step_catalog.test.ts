import { assertEquals, assertRejects } from "@std/assert";
import {
  parseStep,
  STEP_DEFINITIONS,
} from "../../../data/curate/step_catalog.ts";
import { InputError } from "../../../data/input_error.ts";

async function message(value: unknown): Promise<string> {
  const error = await assertRejects(() => parseStep(value, "c.yaml"));
  return error instanceof InputError ? error.message : `thrown: ${error}`;
}

Deno.test("a step is a name, or a name with options", async () => {
  const forms = [
    "normalize",
    { normalize: null },
    { normalize: {} },
    { normalize: { max_blank_lines: 2 } },
  ];
  for (const form of forms) {
    assertEquals((await parseStep(form, "c.yaml")).name, "normalize");
  }
});

Deno.test("what is no step says what one looks like", async () => {
  for (const value of [3, null, [], {}, ["normalize"], { a: 1, b: 2 }]) {
    assertEquals(
      await message(value),
      `c.yaml: a step is ${JSON.stringify(value)}; it must be a name, or one ` +
        'name with a mapping of options, as in "gopher_quality: { min_words: ' +
        '30 }"',
    );
  }
  assertEquals(
    await message({ normalize: 4 }),
    'c.yaml: the options of "normalize" are 4; they must be a mapping',
  );
});

Deno.test("an unknown step or option names the nearest", async () => {
  assertEquals(
    await message("normalise"),
    'c.yaml: unknown step "normalise"; did you mean "normalize"?',
  );
  assertEquals(
    await message({ normalize: { max_blank_line: 1 } }),
    'c.yaml: unknown option "max_blank_line" of normalize; did you mean ' +
      '"max_blank_lines"?',
  );
  assertEquals(
    await message({ normalize: { constructor: 1 } }),
    'c.yaml: unknown option "constructor" of normalize; there are form, ' +
      "max_blank_lines",
  );
});

Deno.test("a value that is not allowed says what is", async () => {
  assertEquals(
    await message({ normalize: { max_blank_lines: -1 } }),
    'c.yaml: "normalize.max_blank_lines" is -1; it must be an integer of at ' +
      "least 0",
  );
});

Deno.test("every step is listed once, and has a summary", () => {
  const names = STEP_DEFINITIONS.map(({ name }) => name);
  assertEquals(names, [...new Set(names)]);
  for (const { name, summary } of STEP_DEFINITIONS) {
    assertEquals(/^[a-z][a-z0-9_]*$/.test(name), true, name);
    assertEquals(/[^.]$/.test(summary), true, summary);
  }
});
