import { basename } from "@std/path";
import { createHash } from "node:crypto";
import type { ManifestPart } from "./manifest.ts";
import type { WrittenPart } from "./part_writer.ts";

/**
 * Describes a part that was just written, with the hashes of its files.
 *
 * @param name Its folder's name.
 * @param part What was written.
 * @returns What the manifest says of it.
 */
export async function describePart(
  name: string,
  part: WrittenPart,
): Promise<ManifestPart> {
  const shards: ManifestPart["shards"][number][] = [];
  for (const { path, tokens } of part.shards) {
    const hash = createHash("sha256");
    const file = await Deno.open(path);
    for await (const chunk of file.readable) hash.update(chunk);
    shards.push({
      file: `${name}/${basename(path)}`,
      tokens,
      sha256: hash.digest("hex"),
    });
  }
  const { documents, bytes, tokens } = part;
  return { documents, bytes, tokens, shards };
}
