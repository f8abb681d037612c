import { basename, join } from "@std/path";

/** A Vulkan driver, or whatever the system takes of itself. */
export interface Driver {
  /** Name in the matrix. */
  readonly name: string;
  /** Path of its manifest, unless it is what the system takes. */
  readonly manifest?: string;
  /** Variables that select it. */
  readonly env: Readonly<Record<string, string>>;
}

/** No Vulkan driver: implementations may fall back to OpenGL. */
export const NO_DRIVER: Driver = { name: "none", env: selecting("none") };

/** Folders in which Linux keeps the manifests of Vulkan drivers. */
const MANIFESTS = [
  "/usr/share/vulkan/icd.d",
  "/etc/vulkan/icd.d",
  "/usr/local/share/vulkan/icd.d",
];

/** Folders in which Chromium and Chrome keep SwiftShader's. */
const BROWSERS = [
  "/usr/lib/chromium",
  "/usr/lib/chromium-browser",
  "/opt/google/chrome",
];

/**
 * Drivers that this machine may have; some may find no adapter.
 *
 * @param given Paths of further manifests.
 */
export function findDrivers(given: readonly string[]): Driver[] {
  if (Deno.build.os !== "linux") return [{ name: "system", env: {} }];
  const paths = new Set([
    ...MANIFESTS.flatMap((folder) =>
      namesIn(folder).filter((name) => name.endsWith(".json"))
        .map((name) => join(folder, name))
    ),
    ...BROWSERS.map((folder) => join(folder, "vk_swiftshader_icd.json"))
      .filter((path) => exists(path)),
    ...given,
  ]);
  const drivers = [...paths].map((manifest) => ({
    name: basename(manifest).replace(
      /(_icd)?(\.x86_64|\.i686|\.aarch64)?\.json$/,
      "",
    ),
    manifest,
    env: selecting(manifest),
  }));
  return [NO_DRIVER, ...drivers];
}

/** Variables for a manifest; the second is what loaders before 1.3.207 know. */
function selecting(manifest: string): Record<string, string> {
  return { VK_DRIVER_FILES: manifest, VK_ICD_FILENAMES: manifest };
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
