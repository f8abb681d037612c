import { assert, assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join, relative, toFileUrl } from "@std/path";

const ROOT = dirname(dirname(fromFileUrl(import.meta.url)));

/** What may stand at the top of the repository. */
const TOP_LEVEL = [
  ".ci",
  ".gitignore",
  ".std",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "LICENSE",
  "README.md",
  "bench",
  "data",
  "deno.json",
  "deno.lock",
  "kernels",
  "main.ts",
  "minnow",
  "mod.ts",
  "model",
  "tests",
];

/** Folders, each with the folders and files that it must not import. */
const FORBIDDEN: readonly (readonly [string, readonly string[]])[] = [
  ["data/", ["kernels/", "model/"]],
  ["kernels/", ["data/", "model/"]],
  ["kernels/runtime/", ["kernels/ops/", "kernels/plan/", "kernels/tune/"]],
  ["kernels/ops/", ["kernels/plan/", "kernels/tune/"]],
  ["kernels/plan/", ["kernels/tune/"]],
  ["data/", ["main.ts", "mod.ts", "tests/", "bench/"]],
  ["kernels/", ["main.ts", "mod.ts", "tests/", "bench/"]],
  ["model/", ["main.ts", "mod.ts", "tests/", "bench/"]],
  ["mod.ts", ["main.ts", "tests/", "bench/"]],
  ["main.ts", ["tests/", "bench/"]],
];

/** Paths of all modules below a folder, from the root. */
function modules(folder: string): string[] {
  const found: string[] = [];
  for (const entry of Deno.readDirSync(join(ROOT, folder))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) found.push(...modules(path));
    else if (path.endsWith(".ts")) found.push(path);
  }
  return found;
}

const SOURCES = ["data", "kernels", "model"].flatMap(modules)
  .concat("main.ts", "mod.ts").sort();

interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier?: string };
      readonly type?: { readonly specifier?: string };
    }[];
  }[];
}

/** Every import of a source by another, types included, as paths. */
async function imports(): Promise<[string, string][]> {
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  const lines = SOURCES.map((path) =>
    `import ${JSON.stringify(toFileUrl(join(ROOT, path)).href)};`
  );
  await Deno.writeTextFile(entry, lines.join("\n"));
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--config", join(ROOT, "deno.json"), entry],
  }).output();
  await Deno.remove(entry);
  const info: Info = JSON.parse(new TextDecoder().decode(stdout));
  const local = (specifier: string) =>
    specifier.startsWith("file:")
      ? relative(ROOT, fromFileUrl(specifier)).replaceAll("\\", "/")
      : specifier;
  return info.modules.flatMap(({ specifier, dependencies = [] }) =>
    dependencies.flatMap(({ code, type }) =>
      [code, type].flatMap((target): [string, string][] =>
        target?.specifier === undefined
          ? []
          : [[local(specifier), local(target.specifier)]]
      )
    )
  ).filter(([from]) => SOURCES.includes(from));
}

Deno.test("folders import in one direction only", async () => {
  const edges = await imports();
  assert(edges.length > SOURCES.length, `only ${edges.length} imports seen`);
  const wrong = edges.filter(([from, to]) =>
    FORBIDDEN.some(([folder, targets]) =>
      from.startsWith(folder) && targets.some((target) => to.startsWith(target))
    )
  );
  assertEquals(wrong.map(([from, to]) => `${from} imports ${to}`), []);
});

Deno.test("packages come from @std, node and npm only", async () => {
  const outside = (await imports()).map(([, to]) => to)
    .filter((to) => !/^(data|kernels|model)\//.test(to) && to !== "deno.json")
    .filter((to) => !/^(\.std\/|node:|npm:|jsr:@std\/)/.test(to));
  assertEquals(outside, []);
});

Deno.test("operations never touch the device", () => {
  const touching = SOURCES.filter((path) => path.startsWith("kernels/ops/"))
    .filter((path) =>
      /\bGPU(Device|Queue|Buffer)\b|navigator\.gpu/.test(
        Deno.readTextFileSync(join(ROOT, path)),
      )
    );
  assertEquals(touching, []);
});

Deno.test("files have snake_case names and at most 400 lines", () => {
  const odd = SOURCES.filter((path) => !/^[a-z0-9_/]+\.ts$/.test(path));
  assertEquals(odd, []);
  const long = SOURCES.filter((path) =>
    Deno.readTextFileSync(join(ROOT, path)).split("\n").length > 401
  );
  assertEquals(long, []);
});

Deno.test("the top level holds what it should and nothing else", async () => {
  const git = await new Deno.Command("git", {
    args: ["ls-tree", "--name-only", "HEAD"],
    cwd: ROOT,
    stdout: "piped",
    stderr: "null",
  }).output().catch(() => undefined);
  if (!git?.success) {
    console.log("skipped: this is no git checkout");
    return;
  }
  const entries = new TextDecoder().decode(git.stdout).trim().split("\n");
  assertEquals(entries.filter((name) => !TOP_LEVEL.includes(name)), []);
});
