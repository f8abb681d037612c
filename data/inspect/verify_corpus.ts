import { join } from "@std/path";
import { createHash } from "node:crypto";
import type { Manifest } from "../corpus/manifest.ts";

/** A file whose content is not what the manifest says. */
export interface BrokenFile {
  /** The file, relative to the corpus. */
  readonly file: string;
  /** What is wrong with it. */
  readonly problem: string;
}

/**
 * Compares the token files of a corpus with the hashes in its manifest.
 *
 * @param folder The corpus.
 * @param manifest Its manifest.
 * @param onFile Is told of each file that was read.
 * @returns Files that are missing or changed.
 */
export async function verifyCorpus(
  folder: string,
  manifest: Manifest,
  onFile: (file: string) => void = () => {},
): Promise<BrokenFile[]> {
  const broken: BrokenFile[] = [];
  const shards = [
    ...manifest.train.shards,
    ...(manifest.validation?.shards ?? []),
  ];
  for (const { file, sha256 } of shards) {
    const found = await hashOf(join(folder, file));
    if (found === null) broken.push({ file, problem: "it cannot be read" });
    else if (found !== sha256) {
      broken.push({
        file,
        problem: `its SHA-256 is ${found.slice(0, 16)}… and not ${
          sha256.slice(0, 16)
        }…`,
      });
    }
    onFile(file);
  }
  return broken;
}

async function hashOf(path: string): Promise<string | null> {
  const hash = createHash("sha256");
  try {
    const file = await Deno.open(path);
    for await (const chunk of file.readable) hash.update(chunk);
  } catch {
    return null;
  }
  return hash.digest("hex");
}
