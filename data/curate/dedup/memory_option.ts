import { type Field, number } from "../../schema.ts";

/**
 * How much memory sorting may use in the steps that see the whole corpus.
 *
 * @returns A field in MiB, 256 unless told.
 */
export function memoryOption(): Field<number> {
  return number({
    default: 256,
    minimum: 0.01,
    maximum: 2048,
    description: "memory for sorting, in MiB; what does not fit goes to files",
  });
}
