import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";

const ROOT = dirname(dirname(fromFileUrl(import.meta.url)));
const LAUNCHER = join(ROOT, "minnow");
const ignore = Deno.build.os === "windows";

/** The tools a bare machine has; the launcher finds nothing else. */
const TOOLS = [
  "cat",
  "dirname",
  "id",
  "mkdir",
  "mktemp",
  "readlink",
  "rm",
  "sh",
  "tail",
  "uname",
];

/** A Deno that tells its version, or else what it was asked to do and where. */
function fakeDeno(version: string): string {
  return `#!/bin/sh
if [ "$1" = --version ]; then echo "deno ${version} (stable)"; exit; fi
echo "cwd=$PWD runtime=$XDG_RUNTIME_DIR"
for argument in "$@"; do echo "[$argument]"; done
`;
}

/** A machine of its own: a home, a system without drivers, and few tools. */
class Machine implements Disposable {
  readonly folder = Deno.realPathSync(Deno.makeTempDirSync());

  constructor() {
    Deno.mkdirSync(join(this.folder, "bin"));
    for (const tool of TOOLS) {
      const path = ["/usr/bin", "/bin"].map((folder) => join(folder, tool))
        .find((path) => exists(path));
      if (path) Deno.symlinkSync(path, join(this.folder, "bin", tool));
    }
  }

  write(path: string, text: string): void {
    const full = join(this.folder, path);
    Deno.mkdirSync(dirname(full), { recursive: true });
    Deno.writeTextFileSync(full, text, { mode: 0o755 });
  }

  addDriver(): void {
    this.write("system/usr/share/vulkan/icd.d/some.json", "{}");
    this.write("system/usr/lib/some-machine/libvulkan.so.1", "");
  }

  async run(
    args: string[],
    options: { env?: Record<string, string>; launcher?: string } = {},
  ): Promise<{ code: number; out: string; err: string }> {
    const output = await new Deno.Command(options.launcher ?? LAUNCHER, {
      args,
      clearEnv: true,
      cwd: this.folder,
      env: {
        PATH: join(this.folder, "bin"),
        HOME: join(this.folder, "home"),
        TMPDIR: this.folder,
        MINNOW_SYSTEM_ROOT: join(this.folder, "system"),
        ...options.env,
      },
    }).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const { code, stdout, stderr } = output;
    return { code, out: decode(stdout), err: decode(stderr) };
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

Deno.test("the launcher hands arguments on, silently, from any folder", {
  ignore,
}, async () => {
  using machine = new Machine();
  machine.addDriver();
  machine.write("bin/deno", fakeDeno("2.9.0"));
  const link = join(machine.folder, "a link");
  Deno.symlinkSync(LAUNCHER, link);
  const { code, out, err } = await machine.run(["train", "--data", "a b"], {
    launcher: link,
    env: { XDG_RUNTIME_DIR: "/given" },
  });
  assertEquals([code, err], [0, ""]);
  assertEquals(out.split("\n"), [
    `cwd=${machine.folder} runtime=/given`,
    "[run]",
    "[-A]",
    "[--quiet]",
    "[--config]",
    `[${ROOT}/deno.json]`,
    `[${ROOT}/main.ts]`,
    "[train]",
    "[--data]",
    "[a b]",
    "",
  ]);
});

Deno.test("the launcher makes a private runtime folder where there is none", {
  ignore,
}, async () => {
  using machine = new Machine();
  machine.addDriver();
  machine.write("bin/deno", fakeDeno("2.10.1"));
  const { out } = await machine.run(["train"]);
  const folder = /runtime=(.*)/.exec(out)?.[1] ?? "";
  assertEquals(dirname(folder), machine.folder);
  assertEquals((Deno.statSync(folder).mode ?? 0) & 0o777, 0o700);
});

Deno.test("test and bench are tasks", { ignore }, async () => {
  using machine = new Machine();
  machine.addDriver();
  machine.write("bin/deno", fakeDeno("2.9.6"));
  for (const task of ["test", "bench"]) {
    const { out } = await machine.run([task, "--filter", "x"]);
    assertStringIncludes(
      out,
      `[task]\n[--quiet]\n[--config]\n[${ROOT}/deno.json]\n[${task}]\n` +
        "[--filter]\n[x]\n",
    );
  }
});

Deno.test("an old Deno is passed over for a newer one elsewhere", {
  ignore,
}, async () => {
  using machine = new Machine();
  machine.addDriver();
  machine.write("bin/deno", fakeDeno("2.8.9"));
  machine.write(
    "home/.deno/bin/deno",
    fakeDeno("2.9.1").replace("cwd=", "new cwd="),
  );
  assertMatch((await machine.run(["train"])).out, /^new cwd=/);
});

Deno.test("Deno is installed with npm where there is npm", {
  ignore,
}, async () => {
  using machine = new Machine();
  machine.addDriver();
  machine.write("deno-2.9", fakeDeno("2.9.6"));
  machine.write(
    "bin/npm",
    `#!/bin/sh
folder=$3/node_modules/@deno/some-platform
mkdir -p "$folder" && cat ${machine.folder}/deno-2.9 >"$folder/deno"
/bin/chmod +x "$folder/deno"
`,
  );
  const first = await machine.run(["train"]);
  assertEquals(first.code, 0, first.err);
  assertMatch(first.err, /^minnow: installing Deno into .*\n$/);
  assertMatch(first.out, /\[train\]/);
  assertEquals((await machine.run(["train"])).err, "");
});

Deno.test("where nothing can be installed the launcher says what is missing", {
  ignore,
}, async () => {
  using machine = new Machine();
  const { code, err } = await machine.run(["train"]);
  assertEquals(code, 1);
  assertStringIncludes(err, "needs curl or wget, and unzip");
  assertStringIncludes(err, "Cannot install Deno 2.9 or later");
});

Deno.test("a missing Vulkan driver is named with the packages that have one", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  using machine = new Machine();
  machine.write("bin/deno", fakeDeno("2.9.6"));
  const { code, out, err } = await machine.run(["train"]);
  assertEquals(code, 0);
  assertStringIncludes(err, "apt-get install mesa-vulkan-drivers libvulkan1");
  assertMatch(out, /\[train\]/);
  assertEquals((await machine.run(["--help"])).err, "");
});

Deno.test("a driver that was named counts as one", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  using machine = new Machine();
  machine.write("bin/deno", fakeDeno("2.9.6"));
  machine.write("system/usr/lib64/libvulkan.so.1", "");
  const env = { VK_DRIVER_FILES: "/some.json" };
  assertEquals((await machine.run(["train"], { env })).err, "");
});
