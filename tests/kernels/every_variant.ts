import { assertEquals } from "@std/assert";
import type { HarnessOptions } from "./harness.ts";

/** Whether shapes are few and small, as slow adapters need it. */
export const FEW_SHAPES = Deno.env.get("MINNOW_TEST_SHAPES") === "few";

/** How trying every variant is narrowed. */
export interface EveryVariantOptions extends HarnessOptions {
  /** First variant tried. @default 0 */
  readonly first?: number;
  /** Every how manieth variant is tried. @default 1 */
  readonly step?: number;
}

/**
 * Runs something once with each variant that is offered, as many times as the
 * longest list has, and again for equal bits. Goes on after a failure and
 * throws in the end. `MINNOW_TEST_OUTCOMES` names a file that gets a line of
 * JSON for each variant that ran.
 *
 * @returns Names of all variants that were tried, with what they compute.
 */
export async function everyVariant(
  run: (options: HarnessOptions) => Promise<unknown>,
  { first = 0, step = 1, ...options }: EveryVariantOptions = {},
): Promise<ReadonlySet<string>> {
  const all = new Set<string>();
  const failures: string[] = [];
  let most = 1;
  for (let pick = first; pick < most || pick === first; pick += step) {
    const tried = new Set<string>();
    const choose = (problem: string, names: string[]) => {
      most = Math.max(most, names.length);
      const name = names[Math.min(pick, names.length - 1)];
      if (pick < names.length) tried.add(`${kindOf(problem)} ${name}`);
      return name;
    };
    let failure: string | undefined;
    try {
      const found = await run({ ...options, choose });
      assertEquals(await run({ ...options, choose }), found, "other bits");
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
      failures.push(`${[...tried].join(", ")}: ${failure}`);
    }
    for (const variant of tried) {
      all.add(variant);
      await note(variant, failure);
    }
  }
  if (failures.length > 0) throw new Error(failures.join("\n"));
  return all;
}

/** `matmul nt` of `matmul nt 5 7 9 bf16`: what stands before the sizes. */
function kindOf(problem: string): string {
  const words = problem.split(" ");
  const first = words.findIndex((word) => /^\d/.test(word));
  return words.slice(0, first < 0 ? undefined : first).join(" ");
}

async function note(variant: string, failure?: string): Promise<void> {
  const path = Deno.env.get("MINNOW_TEST_OUTCOMES");
  if (!path) return;
  const line = JSON.stringify({ variant, failure: failure ?? null });
  await Deno.writeTextFile(path, line + "\n", { append: true });
}
