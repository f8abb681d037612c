/** A column: its heading, and whether its cells are numbers. */
export interface Column {
  /** Heading. */
  readonly title: string;
  /** Which side cells are aligned to. */
  readonly align: "left" | "right";
}

/**
 * A table for people, as wide as its widest cells.
 *
 * @param columns Headings.
 * @param rows Cells of each row, one a column.
 * @returns Lines, the heading first.
 * @throws {RangeError} if a row has another number of cells.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string[] {
  for (const row of rows) {
    if (row.length !== columns.length) {
      throw new RangeError(
        `Cannot print ${row.length} cells "${row.join(" ")}" in ` +
          `${columns.length} columns`,
      );
    }
  }
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => row[index].length))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, index) =>
      columns[index].align === "left"
        ? cell.padEnd(widths[index])
        : cell.padStart(widths[index])
    ).join("  ").trimEnd();
  return [columns.map(({ title }) => title), ...rows].map(line);
}
