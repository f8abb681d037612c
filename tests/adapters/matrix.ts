import type { CellOutcome } from "./outcome_store.ts";

/**
 * The matrix as lines of Markdown: adapters, then families of variants by
 * adapter with how many variants are right, or which share is wrong.
 */
export function matrixLines(cells: readonly CellOutcome[]): string[] {
  const names = cells.map((_, index) => String.fromCharCode(65 + index));
  const families = new Map<string, Map<number, [number, number]>>();
  cells.forEach(({ variants }, index) => {
    for (const [variant, failed] of worst(variants)) {
      const family = familyOf(variant);
      const row = families.get(family) ?? new Map<number, [number, number]>();
      const [right, wrong] = row.get(index) ?? [0, 0];
      row.set(index, failed ? [right, wrong + 1] : [right + 1, wrong]);
      families.set(family, row);
    }
  });
  const table = (
    header: readonly string[],
    rows: readonly (readonly string[])[],
  ): string[] =>
    [header, header.map(() => "---"), ...rows]
      .map((row) => `| ${row.join(" | ")} |`);
  return [
    ...table(
      ["", "implementation", "limits", "tests", "time", "adapter"],
      cells.map((cell, index) => [
        names[index],
        cell.implementation,
        cell.limits,
        `${cell.passed} passed` +
        (cell.failures.length > 0 ? ", some failed" : "") +
        (cell.timedOut ? ", cut off" : ""),
        `${cell.seconds.toFixed(0)} s`,
        cell.adapter,
      ]),
    ),
    "",
    "Variants that are right and give the same bits again; `–` where none of the",
    "family is offered.",
    "",
    ...table(
      ["family", ...names],
      [...families].sort(([a], [b]) => a < b ? -1 : 1).map(([family, row]) => [
        family,
        ...cells.map((_, index) => {
          const [right, wrong] = row.get(index) ?? [0, 0];
          if (right + wrong === 0) return "–";
          return wrong > 0 ? `${right}, ${wrong} FAILED` : String(right);
        }),
      ]),
    ),
    ...cells.flatMap(({ failures }, index) =>
      failures.length === 0 ? [] : [
        "",
        `Failures of ${names[index]}:`,
        "",
        ...failures.map((f) => `- ${f.trim()}`),
      ]
    ),
  ];
}

/** Variants, each with whether it failed on any shape. */
function worst(
  variants: CellOutcome["variants"],
): ReadonlyMap<string, boolean> {
  const all = new Map<string, boolean>();
  for (const { variant, failure } of variants) {
    all.set(variant, (all.get(variant) ?? false) || failure !== null);
  }
  return all;
}

/**
 * What a variant is without its sizes: `matmul nt workgroup double split` of
 * `matmul nt workgroup_64x64x16_8x8_double_split2`.
 */
export function familyOf(variant: string): string {
  const words = variant.split(" ");
  const parts = (words.pop() ?? "").split("_");
  const kept = parts
    .filter((part) => !/^\d+(x\d+)+$/.test(part))
    .map((part) => part.replace(/^split\d+$/, "split"));
  return [...words, ...kept].join(" ");
}
