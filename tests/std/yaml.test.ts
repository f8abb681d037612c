import { assertEquals, assertThrows } from "@std/assert";
import { parse, stringify } from "@std/yaml";

Deno.test("YAML keeps the types of a run file", () => {
  const value = {
    steps: 2000,
    lr: 3e-4,
    name: "yes",
    text: "007",
    tied: true,
    seed: null,
    data: ["a b", "c: d"],
    model: { n_layer: 4 },
  };
  assertEquals(parse(stringify(value)), value);
});

Deno.test("YAML is written as blocks", () => {
  assertEquals(stringify({ a: 1, b: [1, "x"] }), "a: 1\nb:\n  - 1\n  - x\n");
});

Deno.test("YAML reads scientific notation as numbers", () => {
  assertEquals(parse("a: 1e-4\nb: 1.5e+3\nc: 0x10"), {
    a: 1e-4,
    b: 1500,
    c: 16,
  });
});

Deno.test("an empty YAML document is null", () => {
  assertEquals(parse(""), null);
  assertEquals(parse("# only a comment\n"), null);
});

Deno.test("broken YAML is a SyntaxError that has the line", () => {
  const error = assertThrows(() => parse("a: 1\nb: [2\n"), SyntaxError);
  assertEquals(/line \d/.test(error.message), true);
  assertThrows(() => parse("a: 1\na: 2\n"), SyntaxError);
});

Deno.test("a function is no YAML", () => {
  assertThrows(() => stringify({ a: () => 1 }), TypeError);
});
