import { formatBytes, formatCount, formatDuration } from "../../data/format.ts";
import { openDevice } from "../../kernels/runtime/open_device.ts";
import { selfTest } from "../doctor/self_test.ts";
import type { Command } from "./command.ts";

/** A sum of 512 products in f32 is exact to far better than this. */
const LARGEST_ERROR = 1e-5;

/** Shows what the GPU offers and whether it computes correctly. */
export const doctor: Command = {
  name: "doctor",
  summary: "Show the GPU, its limits and features, and test it for 5 seconds",
  usage: "doctor [options]",
  examples: ["doctor", "doctor --json"],
  positionals: { min: 0, max: 0 },
  options: [],
  async run(_args, output) {
    const gpu = await openDevice();
    const { adapter, capabilities } = gpu;
    output.line(`adapter    ${adapter.name}`);
    output.line(`driver     ${adapter.driver}`);
    if (capabilities.software) {
      output.line(
        "           runs on the CPU; a real GPU's driver would make this much faster",
      );
    }
    output.line(`features   ${[...capabilities.features].sort().join(", ")}`);
    for (const [name, value] of Object.entries(capabilities.limits)) {
      const isBytes = /Size$/.test(name) && !/SizeX$/.test(name);
      output.line(
        `  ${name.padEnd(36)} ${isBytes ? formatBytes(value) : value}`,
      );
    }
    for (const hint of hints(capabilities.features, capabilities.software)) {
      output.line(`hint       ${hint}`);
    }
    output.note("testing for about 5 seconds …");
    const result = await selfTest(gpu);
    gpu.close();
    const correct = result.relativeError < LARGEST_ERROR;
    output.line(
      `self-test  ${correct ? "correct" : "WRONG"}: largest relative error ` +
        result.relativeError.toExponential(1),
    );
    output.line(
      `  product of 512 × 512 matrices        ${
        formatCount(result.matmulFlopsPerSecond, "FLOP/s", true)
      }`,
    );
    output.line(
      `  addition of long vectors             ${
        formatBytes(result.bytesPerSecond)
      }/s`,
    );
    output.line(
      `  submit until result                  ${
        formatDuration(result.readbackSeconds)
      }`,
    );
    output.object({
      adapter: adapter.name,
      driver: adapter.driver,
      software: capabilities.software,
      features: [...capabilities.features],
      limits: capabilities.limits,
      correct,
      ...result,
    });
    return correct ? 0 : 1;
  },
};

function hints(features: ReadonlySet<string>, software: boolean): string[] {
  const found: string[] = [];
  if (software) {
    found.push(
      "if this machine has a GPU, install its Vulkan driver " +
        "(NVIDIA: nvidia-driver; AMD and Intel: mesa-vulkan-drivers)",
    );
  }
  if (!features.has("timestamp-query")) {
    found.push("no timestamps: train --profile cannot time single kernels");
  }
  return found;
}
