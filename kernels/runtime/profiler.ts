import type { Gpu } from "./gpu.ts";

/** Time that the launches of one label took. */
export interface ProfileEntry {
  /** Label of the launches. */
  readonly label: string;
  /** Number of launches. */
  readonly launches: number;
  /** Seconds on the device. */
  readonly seconds: number;
}

/** WebGPU allows this many queries in a set. */
const QUERIES = 4096;

/**
 * Times compute passes with timestamp queries. WebGPU stamps passes, not
 * launches, so a profiled program runs one pass per launch and is slower than
 * an unprofiled one; shares stay meaningful.
 */
export class Profiler {
  readonly #gpu: Gpu;
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #staging: GPUBuffer;
  #labels: string[] = [];
  readonly #totals = new Map<string, { launches: number; seconds: number }>();

  private constructor(
    gpu: Gpu,
    queries: GPUQuerySet,
    resolved: GPUBuffer,
    staging: GPUBuffer,
  ) {
    this.#gpu = gpu;
    this.#queries = queries;
    this.#resolved = resolved;
    this.#staging = staging;
  }

  /**
   * Makes a profiler; undefined where the adapter has no timestamps.
   */
  static async create(gpu: Gpu): Promise<Profiler | undefined> {
    if (!gpu.capabilities.features.has("timestamp-query")) return undefined;
    const bytes = QUERIES * BigUint64Array.BYTES_PER_ELEMENT;
    const [resolved, staging] = await gpu.createBuffers([
      {
        label: "timestamps",
        bytes,
        usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
      },
      {
        label: "timestamps readback",
        bytes,
        usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
      },
    ]);
    const queries = gpu.device.createQuerySet({
      label: "timestamps",
      type: "timestamp",
      count: QUERIES,
    });
    return new Profiler(gpu, queries, resolved, staging);
  }

  /** Passes that fit before the results must be collected. */
  get room(): number {
    return QUERIES / 2 - this.#labels.length;
  }

  /** Begins a pass whose time counts for a label. */
  beginPass(encoder: GPUCommandEncoder, label: string): GPUComputePassEncoder {
    const first = 2 * this.#labels.length;
    this.#labels.push(label);
    return encoder.beginComputePass({
      timestampWrites: {
        querySet: this.#queries,
        beginningOfPassWriteIndex: first,
        endOfPassWriteIndex: first + 1,
      },
    });
  }

  /** Reads the times of all passes submitted since the last call. */
  async collect(): Promise<void> {
    const count = 2 * this.#labels.length;
    if (count === 0) return;
    const bytes = count * BigUint64Array.BYTES_PER_ELEMENT;
    const encoder = this.#gpu.device.createCommandEncoder();
    encoder.resolveQuerySet(this.#queries, 0, count, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#staging, 0, bytes);
    this.#gpu.device.queue.submit([encoder.finish()]);
    await this.#gpu.wait(this.#staging.mapAsync(GPUMapMode.READ, 0, bytes));
    const stamps = new BigUint64Array(
      this.#staging.getMappedRange(0, bytes).slice(0),
    );
    this.#staging.unmap();
    this.#labels.forEach((label, index) => {
      const total = this.#totals.get(label) ?? { launches: 0, seconds: 0 };
      // Drivers may give an end before its beginning when a clock is reset.
      const nanoseconds = Math.max(
        0,
        Number(stamps[2 * index + 1] - stamps[2 * index]),
      );
      this.#totals.set(label, {
        launches: total.launches + 1,
        seconds: total.seconds + nanoseconds * 1e-9,
      });
    });
    this.#labels = [];
  }

  /** Times by label, the largest first. */
  entries(): ProfileEntry[] {
    return [...this.#totals]
      .map(([label, total]) => ({ label, ...total }))
      .sort((a, b) => b.seconds - a.seconds);
  }

  /** Frees the queries and their buffers. */
  destroy(): void {
    this.#gpu.destroyBuffer(this.#resolved);
    this.#gpu.destroyBuffer(this.#staging);
    this.#queries.destroy();
  }
}
