import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { withFolder } from "../data/with_folder.ts";
import { minnow } from "../minnow.ts";
import { writeText } from "../model/tiny_run.ts";

const QUICK = ["--context", "32", "--config", "train.tune=off"];

Deno.test("scale sweeps, resumes with more amounts, and leaves its report", () =>
  withFolder(async (folder) => {
    const out = join(folder, "sweep");
    const first = await minnow([
      "scale",
      "--data",
      await writeText(folder),
      "--budgets",
      "1e8",
      "--sizes",
      "1",
      "--out",
      "sweep",
      ...QUICK,
    ], { cwd: folder });
    assertEquals(first.code, 0, first.stderr);
    assertMatch(
      first.stdout,
      /^a vocabulary of \d+ tokens, \d\.\d\d bytes each/,
    );
    assertMatch(first.stdout, /are few: differences of a per cent/);
    assertMatch(first.stdout, /1e8-16x2: 12\.\dk parameters/);
    assertMatch(first.stdout, /Not fitted: Cannot fit a law to 1 runs/);
    // From elsewhere, neither data nor tokenizer named again.
    const more = await minnow([
      "scale",
      "--resume",
      "--out",
      out,
      "--budgets",
      "2e8",
      "--sizes",
      "1",
      "--json",
    ], { cwd: out });
    assertEquals(more.code, 0, more.stderr);
    const objects = more.stdout.trimEnd().split("\n").map((l) => JSON.parse(l));
    assertEquals(objects.map(({ type }) => type), ["point", "fit"]);
    assertEquals(objects[0].budget, 2e8);
    assertEquals(objects[1].law, null);
    const csv = await Deno.readTextFile(join(out, "points.csv"));
    assertEquals(csv.trimEnd().split("\n").length, 3);
    assertMatch(csv, /^name,budget,flops,parameters,/);
    const svg = await Deno.readTextFile(join(out, "sweep.svg"));
    assert(svg.startsWith("<svg") && svg.includes("2e8 FLOP"));
  }));

Deno.test("scale refuses nonsense in one line", () =>
  withFolder(async (folder) => {
    const text = await writeText(folder);
    const short = join(folder, "short.txt");
    await Deno.writeTextFile(short, "Too short.\n");
    for (
      const [args, message] of [
        [[], /without an amount of training/],
        [["--budgets", "much"], /'--budgets' cannot be 'much'/],
        [["--budgets", "1e12", "--sizes", "0"], /'--sizes' cannot be '0'/],
        [["--budgets", "1e12", "--law", "none"], /'--law' cannot be 'none'/],
        [["--budgets", "1e12", "--memory", "x"], /'--memory' cannot be 'x'/],
        [["--resume"], /it holds no sweep/],
        [["--resume", "--seed", "2"], /Cannot combine --resume with --seed/],
        [["--budgets", "1e12", "--data", short], /held out|Cannot/],
        [["--budgets", "1e6", "--data", text, ...QUICK], /Cannot sweep at 1e6/],
      ] as const
    ) {
      const { code, stderr, stdout } = await minnow(
        ["scale", ...args, "--out", join(folder, "none")],
        { cwd: folder },
      );
      assertEquals(code, 2, stderr);
      assertMatch(stderr, /^minnow: [^\n]+\n$/);
      assertMatch(stderr, message);
      assertEquals(stdout, "");
    }
  }));
