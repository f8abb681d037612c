import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";

/** Runs a program that dispatches to one command, `bake`, with such a body. */
async function bake(
  args: string[],
  body: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const module = (name: string) =>
    JSON.stringify(new URL(`../../../${name}`, import.meta.url).href);
  const program = `
    import { dispatch } from ${module("model/command/dispatch.ts")};
    import { InputError } from ${module("data/input_error.ts")};
    const bake = {
      name: "bake",
      summary: "Bake a cake",
      usage: "bake [options]",
      examples: ["bake --layers 2"],
      positionals: { min: 0, max: 0 },
      options: [{
        name: "layers",
        kind: "integer",
        description: "How many layers the cake has, ".repeat(4) + "at least",
        default: 3,
      }],
      async run(args, output) { ${body} },
    };
    const ovens = {
      name: "oven",
      summary: "Look after the oven",
      commands: [
        { ...bake, name: "oven heat", summary: "Make it hot" },
        { ...bake, name: "oven clean", summary: "Make it clean" },
      ],
    };
    Deno.exit(await dispatch([bake, ovens], ${JSON.stringify(args)}, "9.9"));
  `;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", program],
    cwd: fromFileUrl(new URL("../../../", import.meta.url)),
    env: { NO_COLOR: "1" },
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

Deno.test("a command's exit code is the program's", async () => {
  const body = `output.line("layers " + args.number("layers")); return 0;`;
  assertEquals(await bake(["bake", "--layers", "2"], body), {
    code: 0,
    stdout: "layers 2\n",
    stderr: "",
  });
  assertEquals((await bake(["bake"], "return 1;")).code, 1);
});

Deno.test("with --json people read stderr and machines stdout", async () => {
  const body = `output.line("hot"); output.object({ heat: 180 }); return 0;`;
  assertEquals(await bake(["bake", "--json"], body), {
    code: 0,
    stdout: '{"heat":180}\n',
    stderr: "hot\n",
  });
});

Deno.test("bad input ends with code 2 and one line", async () => {
  const body = `throw new InputError("Cannot read 'x':\\n  no eggs");`;
  assertEquals(await bake(["bake"], body), {
    code: 2,
    stdout: "",
    stderr: "minnow: Cannot read 'x': no eggs\n",
  });
});

Deno.test("a failure ends with code 1, its stack only under --verbose", async () => {
  const body = `throw new Error("oven off");`;
  const quiet = await bake(["bake"], body);
  assertEquals([quiet.code, quiet.stderr], [1, "minnow: oven off\n"]);
  const verbose = await bake(["bake", "--verbose"], body);
  assertEquals(verbose.code, 1);
  assertMatch(verbose.stderr, /oven off\n[^]*\n +at /);
});

Deno.test("an error that nobody awaits is reported too", async () => {
  const body =
    `Promise.reject(new Error("lost")); await new Promise(() => {});`;
  const { code, stderr } = await bake(["bake"], body);
  assertEquals([code, stderr], [1, "minnow: lost\n"]);
});

Deno.test("bad usage ends with code 2 and a suggestion", async () => {
  const unknown = await bake(["bke"], "return 0;");
  assertEquals(unknown.code, 2);
  assertEquals(
    unknown.stderr,
    "minnow: Unknown command 'bke': did you mean 'bake'?\n",
  );
  const nothing = await bake([], "return 0;");
  assertEquals([nothing.code, nothing.stdout], [2, ""]);
  assertStringIncludes(nothing.stderr, "Usage: minnow COMMAND");
});

Deno.test("help is printed from the tables, at most 80 columns wide", async () => {
  for (const args of [["bake", "--help"], ["help", "bake"], ["bake", "-h"]]) {
    const { code, stdout } = await bake(args, "return 1;");
    assertEquals(code, 0);
    assertMatch(stdout, /--layers N {2,}How many layers/);
    assertStringIncludes(stdout.replace(/\s+/g, " "), "(default 3)");
    assertStringIncludes(stdout, "  minnow bake --layers 2\n");
    assertStringIncludes(stdout, "--json");
    const widest = Math.max(...stdout.split("\n").map((line) => line.length));
    assertEquals(widest <= 80, true, `widest line: ${widest}`);
  }
  assertMatch((await bake(["--help"], "")).stdout, / {2}bake +Bake a cake\n/);
  assertEquals((await bake(["--version"], "")).stdout, "minnow 9.9\n");
});

Deno.test("a group's commands have a second word and their own help", async () => {
  const body = `output.line("layers " + args.number("layers")); return 0;`;
  const heat = await bake(["oven", "heat", "--layers", "5"], body);
  assertEquals([heat.code, heat.stdout], [0, "layers 5\n"]);
  for (
    const args of [["oven", "heat", "--help"], ["help", "oven", "heat"]]
  ) {
    const { code, stdout } = await bake(args, body);
    assertEquals(code, 0);
    assertMatch(stdout, /^Make it hot\.\n[^]*--layers N/);
  }
  for (const args of [["oven", "--help"], ["help", "oven"], ["oven", "-h"]]) {
    const { code, stdout } = await bake(args, body);
    assertEquals(code, 0);
    assertMatch(stdout, /Usage: minnow oven COMMAND/);
    assertMatch(stdout, / {2}oven clean +Make it clean\n/);
  }
  assertMatch((await bake(["help"], body)).stdout, / {2}oven +Look after/);
  const none = await bake(["oven"], body);
  assertEquals([none.code, none.stdout], [2, ""]);
  assertStringIncludes(none.stderr, "Usage: minnow oven COMMAND");
  const unknown = await bake(["oven", "haet"], body);
  assertEquals(unknown.code, 2);
  assertEquals(
    unknown.stderr,
    "minnow: Unknown command 'oven haet': did you mean 'oven heat'?\n",
  );
  const option = await bake(["oven", "heat", "--layer", "1"], body);
  assertStringIncludes(option.stderr, "for 'oven heat': did you mean");
});
