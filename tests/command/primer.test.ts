import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { SKILLS } from "../../data/primer/skill/skills.ts";
import { withFolder } from "../data/with_folder.ts";
import { minnow } from "../minnow.ts";

/** A fraction of what three minutes allow, with nothing else about it changed. */
const STEPS = "250";

/** Standard errors above chance; a guesser gets so far once in 700 runs. */
const MARGIN = 3;

Deno.test("the run without arguments learns to answer exercises that it has not seen", () =>
  withFolder(async (folder) => {
    const { code, stdout, stderr } = await minnow([
      "train",
      ...["--steps", STEPS],
      ...["--tune", "off"],
      ...["--config", "sample.prompts=[]"],
      ...["--config", "evaluate.tokens=8192"],
      ...["--out", join(folder, "run")],
    ]);
    assertEquals(code, 0, stderr);
    const rows = [
      ...stdout.matchAll(
        /^(\w+) +(\d+) of (\d+) +(\d+) % +(\d+) %$/gm,
      ),
    ].map(([, skill, ...numbers]) => {
      const [right, asked, accuracy, chance] = numbers.map(Number);
      assertEquals(accuracy, Math.round(100 * right / asked));
      assertEquals(chance, 25);
      return { skill, right, asked };
    });
    assertEquals(
      rows.map(({ skill }) => skill),
      [...SKILLS.map(({ name }) => name), "all"],
      stdout,
    );
    const { right, asked } = rows[rows.length - 1];
    assert(asked > 100, stdout);
    // Of n questions with four choices guessing gets n/4 right, give or take
    // √(n · 1/4 · 3/4).
    const least = asked / 4 + MARGIN * Math.sqrt(asked * 3 / 16);
    assert(right >= least, `${right} right, ${least} needed:\n${stdout}`);
  }));
