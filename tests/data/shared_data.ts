import { fromFileUrl } from "@std/path";

const FOLDER = fromFileUrl(new URL("../../../shared/data", import.meta.url));

/**
 * Finds a file of the test data that lies beside the repository.
 *
 * @param name Path inside the folder of test data.
 * @returns Its path, or null where it is missing; the reason is printed.
 */
export function sharedData(name: string): string | null {
  const path = `${FOLDER}/${name}`;
  try {
    Deno.statSync(path);
    return path;
  } catch {
    console.log(`skipped: the test data '${path}' is not there`);
    return null;
  }
}
