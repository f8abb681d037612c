import { assertEquals, assertThrows } from "@std/assert";
import { parseCurationConfig } from "../../../data/curate/parse_curation_config.ts";
import { InputError } from "../../../data/input_error.ts";

const parse = (text: string) =>
  parseCurationConfig(text, "curate.yaml", "/home/me");

Deno.test("what is not given has its default, and paths begin at the file", () => {
  const config = parse(`
    sources:
      - paths: [web/*.jsonl.gz, /data/books, "https://example.org/a.parquet"]
      - { name: notes, paths: notes, epochs: 2 }
    tokenizer: ../tokenizer.json
    steps: [normalize, { minhash: { threshold: 0.7 } }]
    shards: { packing: best_fit, context: 512 }
  `);
  assertEquals(config.out, "/home/me/corpus");
  assertEquals(config.tokenizer, "/home/tokenizer.json");
  assertEquals(config.sources.map(({ name }) => name), ["source1", "notes"]);
  assertEquals(config.sources[0].paths, [
    "/home/me/web/*.jsonl.gz",
    "/data/books",
    "https://example.org/a.parquet",
  ]);
  assertEquals(config.sources[0].text_field, "text");
  assertEquals(config.sources[1].epochs, 2);
  assertEquals(config.steps, ["normalize", { minhash: { threshold: 0.7 } }]);
  assertEquals(config.shards, {
    format: "llm.c",
    tokens: 100_000_000,
    packing: "best_fit",
    context: 512,
  });
  assertEquals([config.shuffle, config.seed, config.workers], [true, 1, null]);
  assertEquals(parse("sources: [{ paths: a }]").tokenizer, "bytes");
});

Deno.test("a mistake names the key, the value and what was meant", () => {
  const cases: [text: string, message: string][] = [
    ["sources: [{ paths: a }]\nshufle: true", `did you mean "shuffle"?`],
    ["sources: [{ pahts: a }]", `did you mean "sources[0].paths"?`],
    [
      "sources: [{ paths: a }]\nshards: { contxt: 3 }",
      `did you mean "shards.context"?`,
    ],
    [
      "sources: [{ paths: a }]\nshards: { packing: tight }",
      `"shards.packing" is "tight"; it must be one of "concat", "best_fit"`,
    ],
    ["sources: [{ paths: a }]\nvalidation: 1", `"validation" is 1; it must be`],
    ["sources: [{ paths: [] }]", `"sources[0].paths" is missing`],
    ["sources: [{}]", `"sources[0].paths" is missing`],
    ["sources: []", `"sources" is []; it must be a list`],
    ["steps: [normalize]", `"sources" is missing; it must be a list`],
    ["", "it is null; it must be a mapping"],
    ["- a", `it is ["a"]; it must be a mapping`],
    ["sources: [a]", `"sources[0]" is "a"; it must be a mapping`],
    [
      "sources: [{ paths: a, weight: 1, epochs: 2 }]",
      `"sources[0]" has a weight and epochs`,
    ],
    [
      "sources: [{ name: a, paths: a }, { name: a, paths: b }]",
      `two sources have the name "a"`,
    ],
    [
      "sources: [{ paths: a }]\nsteps: normalize",
      `"steps" is "normalize"; it must be a list of steps`,
    ],
    ["sources: [", "is not valid YAML"],
  ];
  for (const [text, message] of cases) {
    assertThrows(() => parse(text), InputError, message);
    assertThrows(() => parse(text), InputError, "curate.yaml: ");
  }
});
