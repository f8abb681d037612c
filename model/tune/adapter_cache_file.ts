import { join } from "@std/path";
import { cacheFolder } from "../../data/cache_folder.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";

/** What measurements on a device depend on. */
export type MeasuredDevice = Pick<Gpu, "adapter" | "capabilities">;

/** Where measurements on a device are kept. */
export interface AdapterCacheFile {
  /** Path of the file; undefined where there is no cache folder. */
  readonly path: string | undefined;
  /** What the file is named by, to stand in it. */
  readonly description: Readonly<Record<string, unknown>>;
}

/**
 * The file of a device: adapter, driver, limits and features together name it,
 * because each of them may change how fast it is.
 *
 * @param device The device.
 * @param kind What is measured; a folder of its own.
 * @param folder Folder of all caches. @default {cacheFolder()}
 */
export async function adapterCacheFile(
  { adapter, capabilities }: MeasuredDevice,
  kind: "kernels" | "rates",
  folder: string | undefined = cacheFolder(),
): Promise<AdapterCacheFile> {
  const { limits, features } = capabilities;
  const description = { ...adapter, limits, features: [...features].sort() };
  const bytes = new TextEncoder().encode(JSON.stringify(description));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const name = `${slug(adapter.name)}-${hash.slice(0, 6).toHex()}.json`;
  return { path: folder && join(folder, kind, name), description };
}

function slug(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "").slice(0, 60) || "unknown";
}
