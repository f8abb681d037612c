import { assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";

const ROOT = dirname(dirname(fromFileUrl(import.meta.url)));

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    /** Absent where only types are imported, which no program contains. */
    readonly code?: { readonly specifier?: string };
  }[];
}

/** Modules that run when main.ts does, from the root. */
async function reachable(): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "main.ts"],
    cwd: ROOT,
  }).output();
  const { modules, roots }: { modules: Module[]; roots: string[] } = JSON
    .parse(new TextDecoder().decode(stdout));
  const bySpecifier = new Map(modules.map((m) => [m.specifier, m]));
  const reached = new Set(roots);
  for (const specifier of reached) {
    for (const { code } of bySpecifier.get(specifier)?.dependencies ?? []) {
      if (code?.specifier) reached.add(code.specifier);
    }
  }
  return [...reached]
    .filter((specifier) => specifier.startsWith("file:"))
    .map((specifier) => fromFileUrl(specifier).slice(ROOT.length + 1));
}

/**
 * Paths in the tree of files that `deno compile` prints; the listing shows a
 * folder whose files it sums up as `folder/*`.
 */
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

/** Whether a path stands in the listing, by itself or within a folder. */
function isEmbedded(path: string, embedded: ReadonlySet<string>): boolean {
  const folders = path.split("/").slice(0, -1);
  return embedded.has(path) ||
    folders.some((_, i) =>
      embedded.has(`${folders.slice(0, i + 1).join("/")}/*`)
    );
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
    const modules = await reachable();
    assertGreater(modules.length, 100);
    const missing = modules.filter((path) => !isEmbedded(path, embedded));
    assertEquals(missing, [], listing);
    assertEquals(
      await Deno.stat(join(folder, "minnow")).then((s) => s.isFile),
      true,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
