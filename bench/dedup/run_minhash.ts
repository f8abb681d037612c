import process from "node:process";
import { join } from "@std/path";
import { MINHASH } from "../../data/curate/minhash.ts";
import type { Document } from "../../data/document.ts";
import { Random } from "../../data/random.ts";
import { defaultsOf } from "../../data/schema.ts";

/** What a run over a number of documents took. */
export interface MinhashRun {
  readonly documents: number;
  readonly bytes: number;
  readonly dropped: number;
  /** Of the processor, without making the documents, in seconds. */
  readonly cpuSeconds: number;
  /** Most memory that was resident, in bytes; 0 where it is not known. */
  readonly peakBytes: number;
}

/** Short documents, each tenth equal to an earlier one but for some words. */
function* documentsOf(count: number): Generator<Document> {
  const random = new Random("bench");
  const vocabulary = Array.from(
    { length: 20_000 },
    () =>
      Array.from(
        { length: 2 + random.integer(8) },
        () => String.fromCharCode(97 + random.integer(26)),
      ).join(""),
  );
  let kept: readonly string[] = [];
  for (let i = 0; i < count; i++) {
    let words = Array.from({ length: 60 }, () => random.pick(vocabulary));
    if (i % 10 === 9) words = [...kept.slice(0, 58), ...words.slice(0, 2)];
    if (i % 10 === 4) kept = words;
    yield { id: `d${i}`, text: words.join(" ") };
  }
}

/** Seconds of the processor that this process has used. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** The kernel's own record of the most that was resident. */
function peakBytes(): number {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

async function run(count: number, memory_mib: number): Promise<MinhashRun> {
  let start = cpuSeconds();
  let bytes = 0;
  for (const { text } of documentsOf(count)) bytes += text.length;
  const making = cpuSeconds() - start;
  const step = await MINHASH.make({
    ...defaultsOf(MINHASH.options),
    memory_mib,
  });
  if (step.kind !== "corpus") throw new Error("minhash sees the whole corpus");
  const folder = await Deno.makeTempDir({ prefix: "bench-dedup-" });
  let dropped = 0;
  start = cpuSeconds();
  try {
    const incoming = async function* (): AsyncGenerator<Document> {
      yield* documentsOf(count);
    };
    const left = step.run(incoming(), {
      folder: join(folder),
      seed: 1,
      drop: () => {
        dropped++;
      },
      progress: () => {},
    });
    for await (const _ of left);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return {
    documents: count,
    bytes,
    dropped,
    cpuSeconds: cpuSeconds() - start - making,
    peakBytes: peakBytes(),
  };
}

if (import.meta.main) {
  const [count, memoryMib] = Deno.args.map(Number);
  console.log(JSON.stringify(await run(count, memoryMib)));
}
