const DONT_NEED = 4;

/**
 * Has the system forget what it holds of a file, so that it is read from disk
 * again. Nothing may map the file.
 *
 * @param path The file, synced.
 * @returns Whether that was possible.
 */
export function dropCache(path: string): boolean {
  if (Deno.build.os !== "linux") return false;
  const libc = Deno.dlopen("libc.so.6", {
    open: { parameters: ["buffer", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    posix_fadvise: {
      parameters: ["i32", "i64", "i64", "i32"],
      result: "i32",
    },
  });
  const { open, close, posix_fadvise } = libc.symbols;
  const file = open(new TextEncoder().encode(`${path}\0`), 0);
  const result = file < 0 ? -1 : posix_fadvise(file, 0n, 0n, DONT_NEED);
  if (file >= 0) close(file);
  libc.close();
  return result === 0;
}
