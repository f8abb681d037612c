import { parse } from "@std/csv";
import { join } from "@std/path";

/** Columns that a resumed run must repeat to the bit; the others are times. */
const EXACT = ["step", "tokens", "train_loss", "val_loss", "lr", "grad_norm"];

/**
 * Reads what a run's table says of its training, as the texts that stand there.
 *
 * @param run Folder of the run.
 */
export async function metricsCells(run: string): Promise<string[][]> {
  const text = await Deno.readTextFile(join(run, "metrics.csv"));
  const rows = parse(text, { skipFirstRow: true });
  return rows.map((row) => EXACT.map((name) => row[name] ?? ""));
}
