import { join } from "@std/path";
import { InputError } from "../../data/input_error.ts";
import { quote } from "../../data/schema.ts";
import { openSafetensors, type SafetensorsFile } from "./safetensors_reader.ts";
import type { WeightSource } from "./weight_source.ts";

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/**
 * Opens the weights of a Hugging Face checkpoint: `model.safetensors`, or all
 * the files that `model.safetensors.index.json` names, as one.
 *
 * @param folder The checkpoint's folder.
 * @returns The weights; close them when done.
 * @throws {InputError} If the folder has neither file, or one is damaged.
 */
export async function openCheckpointTensors(
  folder: string,
): Promise<WeightSource> {
  if (await isFile(join(folder, SINGLE))) {
    return await openSafetensors(join(folder, SINGLE));
  }
  const indexPath = join(folder, INDEX);
  if (!await isFile(indexPath)) {
    throw new InputError(
      `Cannot load '${folder}': it has neither ${SINGLE} nor ${INDEX}; name a checkpoint's folder`,
    );
  }
  const fileNames = parseIndex(await Deno.readTextFile(indexPath), indexPath);
  const files = new Map<string, SafetensorsFile>();
  const close = () => files.forEach((file) => file.close());
  const tensors = new Map<string, SafetensorsFile>();
  try {
    for (const [name, fileName] of fileNames) {
      const file = files.get(fileName) ??
        await openSafetensors(join(folder, fileName));
      files.set(fileName, file);
      if (!file.tensors.has(name)) {
        throw new InputError(
          `Cannot load '${folder}': ${INDEX} places tensor ${
            quote(name)
          } in ${fileName}, which lacks it; fetch both again`,
        );
      }
      tensors.set(name, file);
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    names: [...tensors.keys()],
    shape: (name) => tensors.get(name)?.shape(name),
    read: async (name) => {
      const file = tensors.get(name);
      if (file === undefined) {
        throw new InputError(
          `Cannot load '${folder}': ${INDEX} has no tensor ${
            quote(name)
          }; is it a checkpoint of another family?`,
        );
      }
      return await file.read(name);
    },
    close,
  };
}

/** The file of each tensor. */
function parseIndex(text: string, path: string): Map<string, string> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InputError(`Cannot read '${path}': it is not JSON`, {
      cause: error,
    });
  }
  const map = typeof json === "object" && json !== null && "weight_map" in json
    ? json.weight_map
    : undefined;
  if (typeof map !== "object" || map === null || Array.isArray(map)) {
    throw new InputError(
      `Cannot read '${path}': "weight_map" is ${
        quote(map)
      }; it must be an object`,
    );
  }
  const files = new Map<string, string>();
  for (const [name, file] of Object.entries(map)) {
    // A name with a separator could reach outside the checkpoint.
    if (typeof file !== "string" || !/^[\w-][\w.-]*\.safetensors$/.test(file)) {
      throw new InputError(
        `Cannot read '${path}': the file of tensor ${quote(name)} is ${
          quote(file)
        }; it must be the plain name of a .safetensors file`,
      );
    }
    files.set(name, file);
  }
  return files;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
