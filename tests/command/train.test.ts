import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { withFolder } from "../data/with_folder.ts";
import { minnow } from "../minnow.ts";
import { TINY_YAML, writeText } from "../model/tiny_run.ts";

Deno.test("runs are put beside each other, and profiled on request", () =>
  withFolder(async (folder) => {
    await writeText(folder);
    await Deno.writeTextFile(join(folder, "tiny.yaml"), TINY_YAML);
    const train = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await minnow(
        ["train", ...args, "--data", "text.txt", "--steps", "3"],
        { cwd: folder },
      );
      assertEquals(code, 0, stderr);
      return stdout;
    };
    const said = await train("tiny.yaml");
    assertMatch(
      said,
      /parameters on .*\n3 steps of 128 tokens\nmemory .*weights/,
    );
    assertMatch(said, /finished after 3 steps, .*validation loss \d\.\d{4}\n/);
    const profiled = await train("tiny.yaml", "--profile");
    assertMatch(profiled, /share +time +launches +pass, node and kernel\n/);
    const rows = profiled.match(/^ *\d+\.\d % +\d+\.\d ms +\d+ {2}\w.*$/gm) ??
      [];
    assert(rows.length > 10, profiled);
    assert(rows.some((row) => / backward .*attn/.test(row)), profiled);
    assertEquals(
      [...Deno.readDirSync(join(folder, "runs"))].map(({ name }) => name)
        .sort(),
      ["tiny", "tiny-2"],
    );
  }));
