/**
 * Keeps Mesa from printing that XDG_RUNTIME_DIR is missing, which it does for
 * every process outside of a desktop session. Only a headless program may set
 * it: the folder is where such a session keeps its sockets.
 */
export function quietDriver(): void {
  if (Deno.build.os !== "linux" || Deno.env.has("XDG_RUNTIME_DIR")) return;
  Deno.env.set("XDG_RUNTIME_DIR", Deno.env.get("TMPDIR") ?? "/tmp");
}
