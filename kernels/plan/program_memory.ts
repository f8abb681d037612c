import type { Gpu } from "../runtime/gpu.ts";
import type { Plan } from "./plan.ts";

/** What a plan's buffers became, by their index in the plan. */
export interface ProgramMemory {
  /** Buffers; nothing where the plan has a texture. */
  readonly buffers: readonly GPUBuffer[];
  /** The operand texture, where the plan has one. */
  readonly texture: GPUTexture | undefined;
}

/**
 * Creates the buffers and the texture of a plan, all or none.
 *
 * @throws {DeviceError} if memory does not suffice.
 */
export async function allocateMemory(
  gpu: Gpu,
  plan: Plan,
): Promise<ProgramMemory> {
  const ordinary = plan.buffers.filter(({ texture }) => !texture);
  const created = await gpu.createBuffers(
    ordinary.map(({ label, bytes, category }) => ({
      label,
      bytes,
      usage: category === "staging"
        ? GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST
        : GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC |
          GPUBufferUsage.COPY_DST,
    })),
  );
  const buffers: GPUBuffer[] = [];
  ordinary.forEach((buffer, index) => {
    buffers[plan.buffers.indexOf(buffer)] = created[index];
  });
  const planned = plan.buffers.find(({ texture }) => texture);
  if (!planned?.texture) return { buffers, texture: undefined };
  const { width, height } = planned.texture;
  try {
    const texture = await gpu.createTexture(planned.label, width, height);
    return { buffers, texture };
  } catch (error) {
    releaseMemory(gpu, { buffers, texture: undefined });
    throw error;
  }
}

/** Frees what {@linkcode allocateMemory} created. */
export function releaseMemory(
  gpu: Gpu,
  { buffers, texture }: ProgramMemory,
): void {
  // The place of the texture is empty, and forEach passes over it.
  buffers.forEach((buffer) => gpu.destroyBuffer(buffer));
  if (texture) gpu.destroyTexture(texture);
}
