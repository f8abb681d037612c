import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli";

Deno.test("parseArgs takes a value after = or as the next argument", () => {
  assertEquals(parseArgs(["--a=1", "--b", "two", "c"]), {
    a: 1,
    b: "two",
    _: ["c"],
  });
});

Deno.test("parseArgs keeps declared strings as text", () => {
  const { name, _ } = parseArgs(["--name", "007", "08"], {
    string: ["name", "_"],
  });
  assertEquals([name, _], ["007", ["08"]]);
});

Deno.test("parseArgs gives booleans no value and defaults them to false", () => {
  assertEquals(parseArgs(["--quiet", "file"], { boolean: ["quiet", "json"] }), {
    quiet: true,
    json: false,
    _: ["file"],
  });
  assertEquals(
    parseArgs(["--quiet=false"], { boolean: ["quiet"] }).quiet,
    false,
  );
});

Deno.test("parseArgs gathers repeated flags", () => {
  assertEquals(
    parseArgs(["--data", "a", "--data=b"], {
      string: ["data"],
      collect: ["data", "config"],
    }),
    { data: ["a", "b"], _: [] },
  );
  assertEquals(
    parseArgs([], { string: ["data"], collect: ["data"] }).data,
    [],
  );
});

Deno.test("parseArgs sets aliases together", () => {
  const { help, h } = parseArgs(["-h"], {
    boolean: ["help"],
    alias: { help: "h" },
  });
  assertEquals([help, h], [true, true]);
});

Deno.test("parseArgs negates only what is negatable", () => {
  assertEquals(
    parseArgs(["--no-color"], { boolean: ["color"], negatable: ["color"] }),
    { color: false, _: [] },
  );
  assertEquals(parseArgs(["--no-color"])["no-color"], true);
});

Deno.test("parseArgs asks about undeclared arguments", () => {
  const seen: unknown[] = [];
  const result = parseArgs(["--typo=3", "word", "--good", "x"], {
    string: ["good"],
    unknown: (argument, key, value) => {
      seen.push([argument, key, value]);
      return key === undefined;
    },
  });
  assertEquals(seen, [
    ["--typo=3", "typo", "3"],
    ["word", undefined, undefined],
  ]);
  assertEquals(result, { good: "x", _: ["word"] });
});

Deno.test("parseArgs leaves everything after -- alone", () => {
  assertEquals(parseArgs(["a", "--", "--b", "1"]), { _: ["a", "--b", "1"] });
  assertEquals(parseArgs(["a", "--", "--b"], { "--": true }), {
    _: ["a"],
    "--": ["--b"],
  });
});

Deno.test("parseArgs stops at the first word where asked to", () => {
  assertEquals(parseArgs(["--a", "1", "b", "--c"], { stopEarly: true }), {
    a: 1,
    _: ["b", "--c"],
  });
});

Deno.test("parseArgs nests dotted names", () => {
  assertEquals(parseArgs(["--model.layers=2"]), {
    model: { layers: 2 },
    _: [],
  });
});

Deno.test("parseArgs reads clusters of short flags", () => {
  assertEquals(parseArgs(["-abc", "-n5", "-k=7"]), {
    a: true,
    b: true,
    c: true,
    n: 5,
    k: 7,
    _: [],
  });
});

Deno.test("parseArgs fills in defaults", () => {
  assertEquals(
    parseArgs(["--a=1"], { default: { a: 9, b: "x" } }),
    { a: 1, b: "x", _: [] },
  );
});

Deno.test("parseArgs gives a declared string without a value the empty text", () => {
  assertEquals(parseArgs(["--out"], { string: ["out"] }), { out: "", _: [] });
  assertEquals(parseArgs(["--out", "--x"], { string: ["out"] }), {
    out: "",
    x: true,
    _: [],
  });
});
