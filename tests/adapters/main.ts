/**
 * The kernel tests on every WebGPU implementation and driver of this machine;
 * `deno task test:adapters --help` tells its options.
 *
 * Each cell of the matrix is a process of its own, because drivers are chosen
 * when a process starts; cells run one after the other. What a cell came to is
 * kept in the cache folder until kernels or tests change, so that an interrupted
 * run goes on where it was.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { dirname, fromFileUrl, join } from "@std/path";
import { writeAtomic } from "../../data/atomic_write.ts";
import { type Driver, findDrivers, NO_DRIVER } from "./drivers.ts";
import { matrixLines } from "./matrix.ts";
import { type CellOutcome, OutcomeStore } from "./outcome_store.ts";
import { runCell } from "./run_cell.ts";

const ROOT = dirname(dirname(dirname(fromFileUrl(import.meta.url))));

/** Arguments that put an implementation in place. */
const IMPLEMENTATIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ["wgpu", []],
  ["dawn", ["--no-lock", "--preload", join(ROOT, "tests/adapters/dawn.ts")]],
]);

/** The limits that devices are opened with. */
const LIMITS = ["adapter", "default"] as const;

/** Seconds that a cell may take. */
const CELL_SECONDS = 600;

const HELP = `deno task test:adapters [OPTIONS] [FILE…]

Runs the kernel tests, or the test files named, on every implementation of
WebGPU and every driver of this machine, and prints the matrix.

  --filter TEXT      only implementations and drivers whose names contain TEXT
  --driver MANIFEST  a Vulkan driver to try besides those found; may repeat
  --limit SECONDS    time of each cell of the matrix (${CELL_SECONDS})
  --all-shapes       every shape of the tests, not only a few
  --fresh            forget what cells came to before
  --save             write the matrix to tests/adapters/matrix.md
  --help             this text`;

const args = parseArgs(Deno.args, {
  string: ["filter", "driver", "limit"],
  boolean: ["all-shapes", "fresh", "save", "help"],
  collect: ["driver"],
  unknown(argument, key) {
    if (key === undefined) return;
    console.error(`Unknown option '${argument}': --help lists the options`);
    Deno.exit(2);
  },
});
if (args.help) {
  console.log(HELP);
  Deno.exit();
}
const filter = String(args.filter ?? "");
const manifests = [args.driver ?? []].flat().map(String);
const files = args._.length > 0
  ? args._.map(String)
  : ["tests/kernels/ops", "tests/kernels/plan", "tests/kernels/runtime"];
const seconds = Number(args.limit ?? CELL_SECONDS);
if (!(seconds > 0)) {
  console.error(`--limit is "${args.limit}": it must be seconds, such as 600`);
  Deno.exit(2);
}
const store = await OutcomeStore.open(ROOT, args.fresh === true);
const cells: CellOutcome[] = [];
/** What implementations use where a driver finds no device, once asked for. */
const fallbacks = new Map<string, string>();
for (const driver of findDrivers(manifests)) {
  for (const [implementation, extra] of IMPLEMENTATIONS) {
    const label = `${implementation} ${driver.name}`;
    if (!label.includes(filter)) continue;
    const adapter = await probe(driver, extra);
    if (adapter.name === undefined) {
      console.error(`${label}: no adapter: ${adapter.missing}`);
      continue;
    }
    if (driver.manifest !== undefined && !fallbacks.has(implementation)) {
      const fallback = await probe(NO_DRIVER, extra);
      fallbacks.set(implementation, JSON.stringify(fallback));
    }
    if (
      driver.manifest !== undefined &&
      JSON.stringify(adapter) === fallbacks.get(implementation)
    ) {
      console.error(`${label}: no device of its own`);
      continue;
    }
    for (const limits of LIMITS) {
      const shapes = args["all-shapes"] ? "all" : "few";
      const key = [label, adapter.driver, limits, shapes, ...files].join(" | ");
      const known = store.get(key);
      const start = performance.now();
      console.error(
        `${label}, ${limits} limits: ${known ? "known" : "testing …"}`,
      );
      const outcome = known ?? {
        implementation,
        driver: driver.name,
        adapter: [adapter.name, adapter.driver, adapter.features?.join(" ")]
          .filter(Boolean).join("; "),
        limits,
        ...await runCell({
          root: ROOT,
          files,
          extra,
          env: {
            ...driver.env,
            MINNOW_TEST_LIMITS: limits,
            MINNOW_TEST_SHAPES: shapes,
          },
          seconds,
          onProgress: (text) =>
            console.error(
              `  ${((performance.now() - start) / 1000).toFixed(0)} s  ${text}`,
            ),
        }),
      };
      for (const failure of outcome.failures) console.error(`  ${failure}`);
      // A cell that was cut off is tried again.
      if (!outcome.timedOut) await store.set(key, outcome);
      cells.push(outcome);
    }
  }
}
const lines = matrixLines(cells);
for (const line of lines) console.log(line);
if (args.save) {
  const date = new Date().toISOString().slice(0, 10);
  await writeAtomic(
    join(ROOT, "tests/adapters/matrix.md"),
    [`# Kernel variants by adapter, ${date}`, "", ...lines, ""].join("\n"),
  );
}
const isBad = cells.some(({ failures, timedOut }) =>
  timedOut || failures.length > 0
);
Deno.exit(isBad || cells.length === 0 ? 1 : 0);

async function probe(
  { env }: Driver,
  extra: readonly string[],
): Promise<
  { name?: string; driver?: string; missing?: string; features?: string[] }
> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", ...extra, "tests/adapters/probe.ts"],
    cwd: ROOT,
    env,
  }).output();
  const text = new TextDecoder();
  try {
    return JSON.parse(text.decode(stdout).trim().split("\n").at(-1) ?? "");
  } catch {
    const lines = text.decode(stderr).trim().split("\n");
    return { missing: lines.find((line) => /error/i.test(line)) ?? "crashed" };
  }
}
