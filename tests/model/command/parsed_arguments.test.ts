import { assertEquals, assertThrows } from "@std/assert";
import { InputError } from "../../../data/input_error.ts";
import type { Command } from "../../../model/command/command.ts";
import {
  parseArguments,
  type ParsedArguments,
} from "../../../model/command/parsed_arguments.ts";

const COMMAND: Command = {
  name: "bake",
  summary: "Bake a cake",
  usage: "bake [recipe.yaml] [options]",
  examples: ["bake --layers 2"],
  positionals: { min: 0, max: 1 },
  options: [
    { name: "out", kind: "string", description: "Where to put it" },
    {
      name: "layers",
      kind: "integer",
      description: "How many layers",
      minimum: 1,
      default: 3,
    },
    { name: "heat", kind: "number", description: "Degrees", maximum: 300 },
    { name: "icing", kind: "boolean", description: "Ice it", default: true },
    { name: "fruit", kind: "list", description: "What goes in" },
    {
      name: "form",
      kind: "string",
      description: "The form",
      choices: ["round", "square"],
    },
  ],
  run: () => Promise.resolve(0),
};

function bake(...args: string[]): ParsedArguments {
  return parseArguments(COMMAND, args);
}

Deno.test("options have their types and defaults", () => {
  const args = bake("r.yaml", "--heat=1.8e2", "--fruit", "fig", "--fruit=007");
  assertEquals(args.positionals, ["r.yaml"]);
  assertEquals(args.number("heat"), 180);
  assertEquals(args.number("layers"), 3);
  assertEquals(args.list("fruit"), ["fig", "007"]);
  assertEquals(args.boolean("icing"), true);
  assertEquals(args.string("out"), undefined);
  assertEquals([args.isGiven("heat"), args.isGiven("layers")], [true, false]);
});

Deno.test("text stays text, also where it looks like a number", () => {
  assertEquals(bake("--out", "007", "12").string("out"), "007");
  assertEquals(bake("--out", "007", "12").positionals, ["12"]);
});

Deno.test("--no- turns a boolean off", () => {
  assertEquals(bake("--no-icing").boolean("icing"), false);
  assertEquals(bake("--json", "r.yaml").boolean("json"), true);
});

Deno.test("a call that cannot be right says why", () => {
  const cases: [string[], string][] = [
    [
      ["--layer", "2"],
      "Unknown option '--layer' for 'bake': did you mean '--layers'?",
    ],
    [["-q"], "Unknown option '-q'"],
    [
      ["--layers", "2.5"],
      "'--layers' cannot be '2.5': it has to be a whole number of at least 1",
    ],
    [["--layers=-2"], "cannot be '-2'"],
    [
      ["--heat", "hot"],
      "'--heat' cannot be 'hot': it has to be a number of at most 300",
    ],
    [["--heat", "Infinity"], "cannot be 'Infinity'"],
    [["--out"], "'--out' needs a value"],
    [["--out="], "Cannot read '--out='"],
    [["--fruit", "--json"], "'--fruit' needs a value"],
    [["--form", "sqare"], "one of round, square; 'square'?"],
    [["a", "b"], "does not take the argument 'b'; usage: minnow bake"],
    [["--__proto__.x=1"], "Unknown option '--__proto__.x'"],
  ];
  for (const [args, message] of cases) {
    assertThrows(() => bake(...args), InputError, message);
  }
});

Deno.test("a missing argument is named with the usage", () => {
  const command = { ...COMMAND, positionals: { min: 1, max: 1 } };
  assertThrows(
    () => parseArguments(command, []),
    InputError,
    "'bake' needs 1 argument, got 0; usage: minnow bake",
  );
  assertEquals(parseArguments(command, ["--help"]).boolean("help"), true);
});

Deno.test("asking for an undeclared option is a mistake in the program", () => {
  assertThrows(() => bake().string("oven"), TypeError, "undeclared");
  assertThrows(() => bake().string("layers"), TypeError, "declared as integer");
});
