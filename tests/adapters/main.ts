/**
 * The kernel tests on every WebGPU implementation and driver of this machine:
 * `deno task test:adapters [--filter TEXT] [--driver MANIFEST] [FILE…]`.
 *
 * Each cell of the matrix is a process of its own, because drivers are chosen
 * when a process starts.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { basename, dirname, fromFileUrl, join } from "@std/path";
import { tableLines } from "../../model/command/table.ts";
import { type Driver, findDrivers } from "./drivers.ts";

const ROOT = dirname(dirname(dirname(fromFileUrl(import.meta.url))));

/** Arguments that put an implementation in place. */
const IMPLEMENTATIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ["wgpu", []],
  ["dawn", ["--no-lock", "--preload", join(ROOT, "tests/adapters/dawn.ts")]],
]);

/** The limits that devices are opened with. */
const LIMITS = ["adapter", "default"] as const;

interface Cell {
  readonly implementation: string;
  readonly driver: Driver;
  readonly limits: typeof LIMITS[number];
}

interface Outcome {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly seconds: number;
}

const args = parseArgs(Deno.args, {
  string: ["filter", "driver"],
  collect: ["driver"],
});
const filter = String(args.filter ?? "");
const manifests = [args.driver ?? []].flat().map(String);
const files = args._.length > 0 ? args._.map(String) : ["tests/kernels"];
const rows: string[][] = [];
let [passed, failed, skipped] = [0, 0, 0];
for (const driver of findDrivers(manifests)) {
  for (const [implementation, extra] of IMPLEMENTATIONS) {
    const label = `${implementation} ${driver.name}`;
    if (!label.includes(filter)) continue;
    const adapter = await probe(driver, extra);
    if (adapter.name === undefined) {
      console.error(`${label}: skipped: ${adapter.missing}`);
      rows.push([implementation, driver.name, "–", "–", "–", "no adapter"]);
      skipped++;
      continue;
    }
    for (const limits of LIMITS) {
      console.error(`${label}, ${limits} limits: testing …`);
      const outcome = await test({ implementation, driver, limits }, extra);
      passed += outcome.passed;
      failed += outcome.failed.length;
      for (const name of outcome.failed) console.error(`  failed: ${name}`);
      rows.push([
        implementation,
        `${driver.name}: ${adapter.name}`,
        limits,
        String(outcome.passed),
        String(outcome.failed.length),
        `${outcome.seconds.toFixed(0)} s${
          adapter.features?.includes("subgroups") ? ", subgroups" : ""
        }`,
      ]);
    }
  }
}
const columns = ["implementation", "driver", "limits", "passed", "failed", ""];
for (
  const line of tableLines(
    columns.map((title) => ({ title, align: "left" })),
    rows,
  )
) console.log(line);
console.log(
  `${failed > 0 ? "FAILED" : "ok"} | ${passed} passed | ${failed} failed | ` +
    `${skipped} without an adapter`,
);
Deno.exit(failed > 0 || passed === 0 ? 1 : 0);

async function probe(
  { env }: Driver,
  extra: readonly string[],
): Promise<{ name?: string; missing?: string; features?: string[] }> {
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

async function test(cell: Cell, extra: readonly string[]): Promise<Outcome> {
  const start = performance.now();
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "test",
        "-A",
        "--no-check",
        ...extra,
        "--reporter=dot",
        `--junit-path=${report}`,
        ...files,
      ],
      cwd: ROOT,
      env: { ...cell.driver.env, MINNOW_TEST_LIMITS: cell.limits },
      stdout: "null",
      stderr: "piped",
    }).output();
    const seconds = (performance.now() - start) / 1000;
    const cases = [...(await Deno.readTextFile(report)).matchAll(
      /<testcase name="([^"]*)" classname="([^"]*)"[^>]*?(\/>|>[\s\S]*?<\/testcase>)/g,
    )];
    const isFailed = (body: string) => /<(failure|error)/.test(body);
    const failures = cases.filter(([, , , body]) => isFailed(body))
      .map(([, name, file]) => `${basename(file)}: ${name}`);
    if (cases.length === 0) {
      const last = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
      failures.push(`no test ran (exit code ${code}): ${last}`);
    }
    return {
      passed: cases.length - failures.length,
      failed: failures,
      seconds,
    };
  } finally {
    await Deno.remove(report);
  }
}
