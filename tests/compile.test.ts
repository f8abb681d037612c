import { assertEquals, assertStringIncludes } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";

const ROOT = dirname(dirname(fromFileUrl(import.meta.url)));

/** Modules that main.ts reaches, from the root. */
async function reachable(): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "main.ts"],
    cwd: ROOT,
  }).output();
  const { modules }: { modules: { specifier: string; local?: string }[] } = JSON
    .parse(new TextDecoder().decode(stdout));
  return modules.flatMap(({ specifier, local }) =>
    specifier.startsWith("file:") && local ? [local.slice(ROOT.length + 1)] : []
  );
}

/** Paths in the tree of files that `deno compile` prints. */
function embeddedPaths(listing: string): Set<string> {
  const paths = new Set<string>();
  const parents: string[] = [];
  for (const line of listing.split("\n")) {
    const match = /^([│ ]*)[├└]─[┬─] (\S+) \(/.exec(line);
    if (match === null) continue;
    parents.length = match[1].length / 2;
    parents.push(match[2]);
    paths.add(parents.join("/"));
  }
  return paths;
}

Deno.test("the compiled program holds every module", async () => {
  const folder = await Deno.makeTempDir();
  try {
    // The base binary is normally downloaded; Deno itself does as well for
    // everything but running the result.
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "compile",
        "-A",
        "--no-check",
        "--output",
        join(folder, "minnow"),
        "main.ts",
      ],
      cwd: ROOT,
      env: { DENORT_BIN: Deno.execPath(), NO_COLOR: "1" },
    }).output();
    const listing = new TextDecoder().decode(stderr);
    assertEquals(success, true, listing);
    assertStringIncludes(listing, "Embedded Files");
    const embedded = embeddedPaths(listing);
    const missing = (await reachable()).filter((path) => !embedded.has(path));
    assertEquals(missing, [], listing);
    assertEquals(
      await Deno.stat(join(folder, "minnow")).then((s) => s.isFile),
      true,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
