/**
 * Reads a text file that may be missing.
 *
 * @param path The file.
 * @returns Its text; undefined if there is no such file.
 * @throws {Error} If it cannot be read.
 */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
