import { assert } from "@std/assert";
import {
  forwardVariants,
  keyGradientVariants,
  queryGradientVariants,
} from "../../../kernels/ops/attention_variants.ts";
import { DEFAULT_CAPABILITIES } from "../../../kernels/runtime/capabilities.ts";

Deno.test("heads up to 256 are staged on GPUs within WebGPU's default limits", () => {
  for (const headDim of [4, 16, 20, 32, 48, 64, 80, 96, 128, 256]) {
    for (const masked of [false, true]) {
      const layout = {
        batches: 1,
        length: 1024,
        heads: 4,
        kvHeads: 2,
        headDim,
        window: 1024,
        masked,
      };
      for (
        const variants of [
          forwardVariants,
          queryGradientVariants,
          keyGradientVariants,
        ]
      ) {
        const [{ name }] = variants(layout, DEFAULT_CAPABILITIES);
        assert(name.startsWith("workgroup_"), `${headDim}: ${name}`);
      }
    }
  }
});
