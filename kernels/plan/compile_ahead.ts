import type { Gpu } from "../runtime/gpu.ts";
import { openDevice } from "../runtime/open_device.ts";
import type { Command } from "./encode_commands.ts";
import { kernelPipeline } from "./kernel_pipeline.ts";
import type { PlannedBuffer } from "./plan.ts";

/**
 * Drivers that compile a kernel when it is first launched, one after the other
 * in the thread of a device, and share what they compiled through a cache on
 * disk.
 */
const LAZY = /llvmpipe/i;

/** Kernels that take longer than this each were not in the cache. */
const SLOW_MILLISECONDS = 25;

/** Threads that compile, at most. */
const MOST_THREADS = 4;

/** Bytes of a buffer that no launch touches. */
const PLACEHOLDER_BYTES = 256;

/**
 * Has drivers compile a program's kernels by several cores before its first step,
 * where they would do so by one while it runs: each of several devices launches
 * its share of the kernels with no workgroups. Elsewhere it does nothing.
 *
 * @param gpu Device that the program runs on.
 * @param commands Its launches.
 * @param texture The operand texture as planned, where the program has one.
 */
export async function compileAhead(
  gpu: Gpu,
  commands: Iterable<Command>,
  texture: PlannedBuffer["texture"],
): Promise<void> {
  const threads = Math.min(navigator.hardwareConcurrency, MOST_THREADS);
  if (!LAZY.test(gpu.adapter.name) || threads < 2) return;
  const distinct = new Map(
    [...commands].map((command) => [command.pipeline, command]),
  );
  // What takes longest comes first, so that all are done at about the same time.
  const kernels = [...distinct.values()].sort((one, other) =>
    other.planned.kernel.body.length - one.planned.kernel.body.length
  );
  let next = 0;
  for (let count = 1, took = 0; took < SLOW_MILLISECONDS; count *= 2) {
    const some = kernels.slice(next, next + count);
    if (some.length === 0) return;
    const began = performance.now();
    submit(gpu, some);
    await idle(gpu);
    took = (performance.now() - began) / some.length;
    next += some.length;
  }
  const rest = kernels.slice(next);
  if (rest.length < 2) return;
  const helpers = (await helpersOf(gpu, threads - 1))
    .slice(0, rest.length - 1);
  const share = (thread: number) =>
    rest.filter((_, index) => index % (helpers.length + 1) === thread);
  // Waiting blocks: all have to be at work before.
  submit(gpu, share(0));
  const started = await Promise.all(
    helpers.map((helper, index) => start(helper, share(index + 1), texture)),
  );
  await idle(gpu);
  for (const finish of started) await finish();
}

/** Devices that compile for others, opened once. */
const HELPERS = new WeakMap<Gpu, Promise<Gpu[]>>();

/**
 * Opens devices that live as long as the one they compile for. Only time is lost
 * if one does not open.
 */
function helpersOf(gpu: Gpu, count: number): Promise<Gpu[]> {
  const open = async () => {
    const opened = await Promise.allSettled(
      Array.from({ length: count }, () => openDevice()),
    );
    const helpers = opened.flatMap((outcome) =>
      outcome.status === "fulfilled" ? outcome.value : []
    );
    for (const helper of helpers) gpu.closeWith(helper);
    return helpers;
  };
  const helpers = HELPERS.get(gpu) ?? open();
  HELPERS.set(gpu, helpers);
  return helpers;
}

/**
 * Has a device compile kernels. Where it cannot, the program's own device finds
 * nothing in the cache and compiles them itself.
 *
 * @returns Waits until it is done, and frees what that took.
 */
async function start(
  gpu: Gpu,
  commands: readonly Command[],
  texture: PlannedBuffer["texture"],
): Promise<() => Promise<void>> {
  const made: { buffers: GPUBuffer[]; texels?: GPUTexture } = { buffers: [] };
  try {
    made.buffers = await placeholders(gpu, commands);
    // Compiled kernels depend on the size of the texture they read.
    if (texture) {
      const { width, height } = texture;
      made.texels = await gpu.createTexture("placeholder", width, height);
    }
    submit(gpu, await copies(gpu, commands, made));
  } catch {
    // As if there were no helper.
  }
  return async () => {
    await idle(gpu).catch(() => {});
    for (const buffer of made.buffers) gpu.destroyBuffer(buffer);
    if (made.texels) gpu.destroyTexture(made.texels);
  };
}

/** As many buffers as any of the kernels binds. */
async function placeholders(
  gpu: Gpu,
  commands: readonly Command[],
): Promise<GPUBuffer[]> {
  const length = Math.max(
    ...commands.map(({ planned }) => planned.bindings.length),
  );
  return await gpu.createBuffers(
    Array.from({ length }, () => ({
      label: "placeholder",
      bytes: PLACEHOLDER_BYTES,
      usage: GPUBufferUsage.STORAGE,
    })),
  );
}

type Launch = Pick<Command, "pipeline" | "bindGroup">;

/** The same kernels on another device, bound to memory that nobody touches. */
async function copies(
  gpu: Gpu,
  commands: readonly Command[],
  { buffers, texels }: {
    readonly buffers: readonly GPUBuffer[];
    readonly texels?: GPUTexture;
  },
): Promise<Launch[]> {
  return await Promise.all(commands.map(async ({ planned }) => {
    const access = planned.bindings.map((binding) => binding.access);
    return {
      pipeline: await kernelPipeline(gpu, planned),
      bindGroup: gpu.device.createBindGroup({
        layout: gpu.bindGroupLayout(access),
        entries: access.map((mode, binding) => ({
          binding,
          resource: texels && mode.startsWith("texel")
            ? texels.createView()
            : { buffer: buffers[binding] },
        })),
      }),
    };
  }));
}

/** Launches kernels with no workgroups. */
function submit(gpu: Gpu, launches: readonly Launch[]): void {
  const encoder = gpu.device.createCommandEncoder();
  const pass = encoder.beginComputePass({ label: "compiling ahead" });
  for (const { pipeline, bindGroup } of launches) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(0);
  }
  pass.end();
  gpu.device.queue.submit([encoder.finish()]);
}

/** Waits until a device has done all it was told. */
async function idle(gpu: Gpu): Promise<void> {
  await gpu.wait(gpu.device.queue.onSubmittedWorkDone());
}
