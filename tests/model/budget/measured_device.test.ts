import { assert, assertEquals } from "@std/assert";
import { MeasuredDevice } from "../../../model/budget/measured_device.ts";
import { modelShapes } from "../../../model/budget/model_shape.ts";
import { parseRunConfig } from "../../../model/train/parse_run_config.ts";
import { withFolder } from "../../data/with_folder.ts";
import { testDevice } from "../../kernels/harness.ts";

Deno.test("a model's rate is measured once and kept for its neighbours", () =>
  withFolder(async (folder) => {
    const gpu = await testDevice();
    const config = parseRunConfig("train: { context: 16 }", "run.yaml");
    const shapes = modelShapes({
      vocabSize: 16,
      context: 16,
      bosTokenId: null,
      eosTokenId: null,
    });
    const [small, , larger] = shapes;
    const device = await MeasuredDevice.of(gpu, config, 16, folder);
    assertEquals(device.knows(small), false);
    const guessed = device.rate(small);
    assert(await device.measure(small));
    assert(device.knows(small) && !device.knows(larger));
    const rate = device.rate(small);
    assert(rate > 1e6 && rate !== guessed, `${rate}`);
    assertEquals(device.rate(larger), rate);
    // Every token's activations of 12 f32 at least are written and read.
    const moved = device.bytesRate(small) ?? 0;
    const tokens = rate / small.flopsPerToken;
    assert(moved > tokens * 2 * 12 * 4, `${moved} B/s at ${tokens} tokens/s`);

    const again = await MeasuredDevice.of(gpu, config, 16, folder);
    assert(again.knows(small));
    assertEquals(again.rate(small), rate);
    assertEquals(again.bytesRate(small), moved);
    assertEquals(again.updateTokens(small), device.updateTokens(small));
    assert(device.updateTokens(small) >= 0);
    // Another context is another measurement.
    const other = parseRunConfig("train: { context: 32 }", "run.yaml");
    assert(!(await MeasuredDevice.of(gpu, other, 16, folder)).knows(small));
  }));
