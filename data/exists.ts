/**
 * Whether a name is taken: by a file, a folder, or a link, wherever that leads.
 *
 * @param path The name.
 * @throws {Error} If that cannot be told.
 */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
