import { InputError } from "../input_error.ts";

/**
 * Keeps a corpus from replacing something else.
 *
 * @param outDir Where a corpus shall go and none is yet.
 * @throws {InputError} If a file is there, or a folder that is not empty.
 */
export async function refuseForeignFolder(outDir: string): Promise<void> {
  const info = await Deno.stat(outDir).catch(() => null);
  if (info === null) return;
  const foreign = !info.isDirectory ||
    [...Deno.readDirSync(outDir)].length > 0;
  if (foreign) {
    throw new InputError(
      `Cannot put the corpus into '${outDir}': it exists and is no prepared corpus; choose another folder or empty it`,
    );
  }
}
