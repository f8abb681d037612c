import { join } from "@std/path";

/**
 * Folder for what can be made again: `MINNOW_CACHE` if it is set, else the
 * user's cache folder as the operating system has it.
 *
 * @returns The path; undefined where there is no home to have one in.
 */
export function cacheFolder(): string | undefined {
  const given = Deno.env.get("MINNOW_CACHE");
  if (given) return given;
  const home = Deno.env.get("HOME");
  switch (Deno.build.os) {
    case "windows":
      return joined(Deno.env.get("LOCALAPPDATA"));
    case "darwin":
      return joined(home && join(home, "Library", "Caches"));
    default:
      return joined(
        Deno.env.get("XDG_CACHE_HOME") || (home && join(home, ".cache")),
      );
  }
}

function joined(folder: string | undefined): string | undefined {
  return folder ? join(folder, "minnow") : undefined;
}
