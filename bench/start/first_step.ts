/**
 * A process that trains one step and tells when what was ready: the argument
 * names a configuration. It is started by the benchmark.
 *
 * @module
 */
import { openDevice } from "../../kernels/runtime/open_device.ts";
import type { Gpu } from "../../kernels/runtime/gpu.ts";
import { quietDriver } from "../../model/command/quiet_driver.ts";
import { openSession } from "../step/open_session.ts";
import { randomTokens } from "../support/random_tokens.ts";
import { SIZES } from "../support/sizes.ts";

/** Moments of a start, in milliseconds since 1970. */
export interface StartMoments {
  /** The program's own code runs. */
  readonly loaded: number;
  /** The device is open. */
  readonly device: number;
  /** Planning is done: the first memory is asked for. */
  readonly planned: number;
  /** Kernels are compiled, and weights on their way. */
  readonly compiled: number;
  /** The first step's loss is known. */
  readonly stepped: number;
}

/** The moment when a device is first asked for memory. */
function firstAllocation(gpu: Gpu): () => number {
  let moment = 0;
  const create = gpu.createBuffers;
  gpu.createBuffers = (requests) => {
    if (moment === 0) moment = Date.now();
    return create.call(gpu, requests);
  };
  return () => moment;
}

if (import.meta.main) {
  const loaded = Date.now();
  quietDriver();
  const size = SIZES.get(Deno.args[0]);
  if (!size) throw new Error(`No configuration "${Deno.args[0]}"`);
  const gpu = await openDevice();
  const device = Date.now();
  const planned = firstAllocation(gpu);
  const session = await openSession(gpu, size);
  const compiled = Date.now();
  session.step([randomTokens(size)], { learningRate: 1e-3, step: 1 });
  await session.result();
  const moments: StartMoments = {
    loaded,
    device,
    planned: planned(),
    compiled,
    stepped: Date.now(),
  };
  console.log(JSON.stringify(moments));
  gpu.close();
}
