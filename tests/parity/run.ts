/**
 * Makes the numbers of other implementations again and compares them with
 * those that are checked in: `deno task parity`, with `--write` to replace
 * them. Needs Python with torch, transformers and tokenizers, on the CPU;
 * `PYTHON` names the interpreter.
 */
import { parseArgs } from "@std/cli";
import { fromFileUrl, join } from "@std/path";
import { PARITY_FAMILIES } from "./reference.ts";

const FOLDER = fromFileUrl(new URL(".", import.meta.url));

/**
 * Difference allowed, relative to the largest number of a list: sums of f32 in
 * another order on another machine.
 */
const TOLERANCE = 1e-4;

async function main(): Promise<number> {
  const { write } = parseArgs(Deno.args, { boolean: ["write"] });
  const python = await findPython();
  if (python === undefined) {
    console.error(
      "parity: no Python with torch and transformers was found; install " +
        "them (pip install torch transformers tokenizers), or name an " +
        "interpreter that has them in PYTHON",
    );
    return 1;
  }
  const fresh = await Deno.makeTempDir();
  let failed = 0;
  try {
    if (!await succeeds(python, [join(FOLDER, "make_parity.py"), fresh])) {
      console.error(`parity: ${python} make_parity.py failed`);
      return 1;
    }
    for (const family of PARITY_FAMILIES) {
      const name = `${family}.json`;
      if (write) {
        await succeeds(Deno.execPath(), ["fmt", "-q", join(fresh, name)]);
        await Deno.copyFile(join(fresh, name), join(FOLDER, name));
      }
      const worst = largestDifference(
        await readJson(join(fresh, name)),
        await readJson(join(FOLDER, name)),
      );
      const verdict = worst <= TOLERANCE ? "agrees" : "DIFFERS";
      if (worst > TOLERANCE) failed++;
      console.log(
        `${name} ${verdict}: largest relative difference ${
          worst.toExponential(1)
        }, at most ${TOLERANCE} allowed`,
      );
    }
  } finally {
    await Deno.remove(fresh, { recursive: true });
  }
  for (const script of ["tokenizers.ts", "bpe.ts"]) {
    const args = ["run", "-A", join(FOLDER, script)];
    if (write) args.push("--write");
    if (!await succeeds(Deno.execPath(), args)) failed++;
  }
  console.log(
    failed > 0
      ? `${failed} of ${PARITY_FAMILIES.length + 2} differ`
      : "Compare minnow with these numbers: deno test -A tests/model/parity.test.ts",
  );
  return failed > 0 ? 1 : 0;
}

/** The first interpreter that has what the script imports. */
async function findPython(): Promise<string | undefined> {
  const named = Deno.env.get("PYTHON");
  const candidates = named === undefined ? ["python3", "python"] : [named];
  for (const candidate of candidates) {
    const args = ["-c", "import torch, transformers"];
    if (await succeeds(candidate, args, "null")) return candidate;
  }
  return undefined;
}

async function succeeds(
  command: string,
  args: readonly string[],
  stderr: "inherit" | "null" = "inherit",
): Promise<boolean> {
  try {
    const child = new Deno.Command(command, {
      args: [...args],
      stdout: "inherit",
      stderr,
    });
    return (await child.spawn().status).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await Deno.readTextFile(path));
}

/**
 * The largest difference between the numbers of two trees, relative to the
 * largest of the list that they stand in; infinite where the trees differ in
 * anything but numbers. Versions of packages do not count.
 */
function largestDifference(a: unknown, b: unknown): number {
  if (isNumbers(a) && isNumbers(b) && a.length === b.length) {
    const scale = Math.max(...b.map(Math.abs), Number.MIN_VALUE);
    return Math.max(0, ...a.map((value, i) => Math.abs(value - b[i]) / scale));
  }
  if (typeof a === "number" && typeof b === "number") {
    return largestDifference([a], [b]);
  }
  if (isTree(a) && isTree(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    keys.delete("made_with");
    return Math.max(
      0,
      ...Array.from(keys, (key) => largestDifference(a[key], b[key])),
    );
  }
  return a === b ? 0 : Infinity;
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) &&
    value.every((item) => typeof item === "number");
}

function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

if (import.meta.main) Deno.exit(await main());
