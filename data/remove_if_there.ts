/**
 * Removes a file, or a folder with all that it holds.
 *
 * @param path What is to go; may be missing.
 * @throws {Error} If it cannot be removed.
 */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
