import { BYTES_PER_TEXEL, TEXELS_PER_ROW } from "../ops/kernel_source.ts";
import type { Profiler } from "../runtime/profiler.ts";
import type { PlannedDispatch } from "./plan.ts";
import type { ProgramMemory } from "./program_memory.ts";

/** A launch with all that recording it takes. */
export interface Command {
  /** What was planned. */
  readonly planned: PlannedDispatch;
  /** Its kernel, compiled. */
  readonly pipeline: GPUComputePipeline;
  /** Its operands. */
  readonly bindGroup: GPUBindGroup;
}

/** Records launches in as few passes as copies between them allow. */
export function encodeCommands(
  commands: readonly Command[],
  memory: ProgramMemory,
  encoder: GPUCommandEncoder,
  label: string,
): void {
  let pass: GPUComputePassEncoder | undefined;
  for (const command of commands) {
    if (command.planned.copies.length > 0) {
      pass?.end();
      pass = undefined;
      encodeCopies(command.planned, memory, encoder);
    }
    pass ??= encoder.beginComputePass({ label });
    record(pass, command);
  }
  pass?.end();
}

/** Records launches in passes of their own, which are timed. */
export function encodeTimed(
  commands: readonly Command[],
  memory: ProgramMemory,
  encoder: GPUCommandEncoder,
  profiler: Profiler,
): void {
  for (const command of commands) {
    const { planned } = command;
    encodeCopies(planned, memory, encoder);
    const pass = profiler.beginPass(
      encoder,
      `${planned.pass} ${planned.label} ${planned.kernel.name}`,
    );
    record(pass, command);
    pass.end();
  }
}

/** Copies to the operand texture: whole rows of texels, then the rest. */
function encodeCopies(
  { copies }: PlannedDispatch,
  { buffers, texture }: ProgramMemory,
  encoder: GPUCommandEncoder,
): void {
  if (!texture) return;
  const bytesPerRow = TEXELS_PER_ROW * BYTES_PER_TEXEL;
  for (const { buffer, offset, first, count } of copies) {
    const row = first / TEXELS_PER_ROW;
    const rows = Math.floor(count / TEXELS_PER_ROW);
    const rest = count % TEXELS_PER_ROW;
    const source = buffers[buffer];
    if (rows > 0) {
      encoder.copyBufferToTexture(
        { buffer: source, offset, bytesPerRow },
        { texture, origin: [0, row] },
        [TEXELS_PER_ROW, rows],
      );
    }
    if (rest > 0) {
      encoder.copyBufferToTexture(
        { buffer: source, offset: offset + rows * bytesPerRow },
        { texture, origin: [0, row + rows] },
        [rest],
      );
    }
  }
}

function record(
  pass: GPUComputePassEncoder,
  { planned, pipeline, bindGroup }: Command,
): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(...planned.workgroups);
}
