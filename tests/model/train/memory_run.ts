/**
 * Trains the tiny run in a process of its own and writes on stdout what it
 * held after each step: `[resident bytes, bytes on the device]`, as JSON.
 *
 * @module
 */
import { openDevice } from "../../../kernels/runtime/open_device.ts";
import { train } from "../../../model/train/trainer.ts";
import { tinyConfig, writeText } from "../tiny_run.ts";

const [folder, steps] = Deno.args;
const gpu = await openDevice();
const config = tinyConfig(await writeText(folder), { "train.steps": steps });
const held: [number, number][] = [];
for await (const event of train({ config, out: `${folder}/run`, gpu })) {
  if (event.type !== "step") continue;
  held.push([Deno.memoryUsage().rss, gpu.allocatedBytes]);
}
console.log(JSON.stringify(held));
// Some drivers crash while they are unloaded; everything is said.
Deno.exit(0);
