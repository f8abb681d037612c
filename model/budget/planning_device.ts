import { InputError } from "../../data/input_error.ts";
import { formatBytes, formatCount } from "../../data/format.ts";
import { nearest } from "../../data/nearest.ts";
import {
  type Capabilities,
  DEFAULT_CAPABILITIES,
} from "../../kernels/runtime/capabilities.ts";
import { DEVICE_PRESETS, type DevicePreset } from "./device_presets.ts";
import type { ModelShape } from "./model_shape.ts";

/** A device as far as plans are concerned. */
export interface PlanningDevice {
  /** What it is called. */
  readonly name: string;
  /** What kernels are chosen by. */
  readonly capabilities: Capabilities;
  /** Bytes that a run may take where it is not told; null if unknown. */
  readonly memoryBytes: number | null;
  /** What was assumed of it rather than measured or given. */
  readonly assumed: readonly string[];
  /** Where its memory is known from, for runs that are not told. */
  readonly memorySource: string;
  /**
   * Floating-point operations a second of forward and backward passes, as
   * {@linkcode trainingFlopsPerToken} counts them, micro-batches being large
   * enough and nothing computed twice.
   */
  rate(shape: ModelShape): number;
  /**
   * Bytes a second that kernels read and write at that rate; undefined where it
   * was not measured.
   */
  bytesRate?(shape: ModelShape): number | undefined;
  /** Tokens whose passes take as long as the optimizer's part of a step. */
  updateTokens(shape: ModelShape): number;
}

/** A device that is not present, of which one rate is taken for all models. */
export interface PaperDevice extends PlanningDevice {
  /** That rate, in FLOP/s. */
  readonly flopsPerSecond: number;
}

/**
 * Share of the arithmetic's peak that training reaches, assumed for cards that
 * are not present: kernels without tensor cores, attention, norms, optimizer.
 */
const UTILISATION = 0.35;
/** Share of a card's memory that a run gets where it is not told, assumed. */
const MEMORY_SHARE = 0.94;

/**
 * A device that is not present: a card by name, from its data sheet, or just a
 * rate.
 *
 * @param text A name of {@linkcode DEVICE_PRESETS}, or FLOP/s that are reached,
 * such as `12e12` or `12TFLOPS`.
 * @throws {InputError} If it is neither.
 *
 * @example
 * ```ts
 * import { planningDevice } from "./planning_device.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(planningDevice("rtx-3090").name, "rtx-3090");
 * assertEquals(planningDevice("12TFLOPS").memoryBytes, null);
 * ```
 */
export function planningDevice(text: string): PaperDevice {
  const rate = parseRate(text);
  if (rate !== undefined) {
    return {
      name: formatCount(rate, "FLOP/s", true),
      capabilities: DEFAULT_CAPABILITIES,
      memoryBytes: null,
      memorySource: "unknown; without --memory, any is taken to do",
      assumed: ["limits are those that every WebGPU device has"],
      flopsPerSecond: rate,
      rate: () => rate,
      updateTokens: () => 0,
    };
  }
  const preset = DEVICE_PRESETS.get(text.toLowerCase());
  if (!preset) {
    const names = [...DEVICE_PRESETS.keys()];
    const guess = nearest(text, ["measure", ...names]);
    throw new InputError(
      `Unknown device '${text}': ` +
        (guess ? `did you mean '${guess}'? ` : "") +
        `It is measure, a number of FLOP/s such as 12e12, or one of ${
          names.join(", ")
        }`,
    );
  }
  const { name, capabilities, flopsPerSecond: peak, source } = preset;
  const flopsPerSecond = UTILISATION * peak;
  return {
    name,
    capabilities,
    ...presetMemory(preset),
    assumed: [
      `${100 * UTILISATION} % of the peak of ${
        formatCount(peak, "FLOP/s", true)
      } in f32 (${source}) is assumed to be reached; measure on the card itself`,
    ],
    flopsPerSecond,
    rate: () => flopsPerSecond,
    // Part of what is not reached of the peak.
    updateTokens: () => 0,
  };
}

/**
 * Bytes that a present device offers to a run, as far as that can be known:
 * WebGPU does not tell, so a card is looked up by its name, and of a software
 * device the memory is the machine's.
 *
 * @param adapterName Name of the adapter.
 * @param software Whether shaders run on the CPU.
 */
export function presentMemory(
  adapterName: string,
  software: boolean,
): Pick<PlanningDevice, "memoryBytes" | "memorySource"> {
  if (software) {
    return {
      // Data, the compilers of kernels and other programs need some.
      memoryBytes: Math.floor(Deno.systemMemoryInfo().available / 2),
      memorySource: "half of what the machine has available",
    };
  }
  const words = (text: string) =>
    text.toLowerCase().split(/[^a-z0-9]+/).filter((word) => word !== "");
  const given = words(adapterName);
  const [longest] = [...DEVICE_PRESETS.values()]
    .filter(({ name }) => words(name).every((word) => given.includes(word)))
    .sort((a, b) => b.name.length - a.name.length);
  if (!longest) {
    return {
      memoryBytes: null,
      memorySource: "unknown; give it with --memory, or any is taken to do",
    };
  }
  const { memoryBytes, memorySource } = presetMemory(longest);
  return { memoryBytes, memorySource: `${longest.name}: ${memorySource}` };
}

function presetMemory(
  { memoryBytes }: DevicePreset,
): Pick<PlanningDevice, "memoryBytes" | "memorySource"> {
  return {
    memoryBytes: Math.floor(MEMORY_SHARE * memoryBytes),
    memorySource: `${100 * MEMORY_SHARE} % of ${
      formatBytes(memoryBytes)
    }, assumed to be free`,
  };
}

const PREFIXES = new Map([["", 1], ["G", 1e9], ["T", 1e12], ["P", 1e15]]);

function parseRate(text: string): number | undefined {
  const [, digits, prefix] =
    /^(\d+(?:\.\d+)?(?:e\+?\d{1,2})?)\s*(?:([GTP]?)FLOP(?:S|\/s)?)?$/i
      .exec(text.trim()) ?? [];
  if (digits === undefined) return undefined;
  const rate = Number(digits) *
    (PREFIXES.get((prefix ?? "").toUpperCase()) ?? 1);
  if (rate >= 1e6 && rate <= 1e18) return rate;
  throw new InputError(
    `Cannot plan for a device of '${text}': give the FLOP/s that training ` +
      "reaches on it, from 1e6 to 1e18",
  );
}
