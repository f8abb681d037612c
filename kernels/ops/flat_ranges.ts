import type { Capabilities } from "../runtime/capabilities.ts";
import { bindableBytes } from "./bindable_bytes.ts";
import { rowBlocks } from "./launch.ts";
import { bindRange } from "./matmul_blocks.ts";
import type { TensorBinding } from "./op_spec.ts";
import { elementCount, storageOf, type Tensor } from "./tensor.ts";
import { type VectorWidth, vectorWidth } from "./vector_width.ts";

/** A run of the elements of tensors of equal length, as one launch takes it. */
export interface FlatRange {
  /** Elements that an invocation handles at once. */
  readonly width: VectorWidth;
  /** Invocations. */
  readonly items: number;
  /** What to bind of each tensor. */
  readonly bindings: readonly TensorBinding[];
  /** WGSL of an invocation's place in each binding, in items. */
  readonly places: readonly string[];
}

/**
 * Cuts element-wise work for the binding limit. The tensors may start anywhere
 * in their storage, as the parts of a stacked parameter do: what is bound starts
 * at the last aligned element, and the kernel reads from the right place on.
 *
 * @param tensors Tensors of equal length.
 * @param row Elements that no invocation may reach beyond, such as a row's.
 * @returns One range covering everything wherever the limits allow it.
 */
export function flatRanges(
  tensors: readonly Tensor[],
  capabilities: Capabilities,
  row?: number,
): FlatRange[] {
  const elements = elementCount(tensors[0].shape);
  const stored = tensors.map(storageOf);
  const width = vectorWidth(
    row ?? elements,
    ...stored.map(({ offset }) => offset),
  );
  const blocks = rowBlocks(elements / width, [width], {
    ...capabilities,
    limits: {
      ...capabilities.limits,
      maxStorageBufferBindingSize: bindableBytes(capabilities),
    },
  });
  return blocks.map(({ start, rows }) => {
    const bound = stored.map(({ root, offset }) =>
      bindRange(
        root,
        offset + start * width,
        offset + (start + rows) * width,
        capabilities,
      )
    );
    return {
      width,
      items: rows,
      bindings: bound.map(({ binding }) => binding),
      places: bound.map(({ base }) =>
        base === 0 ? "index" : `index + ${base / width}u`
      ),
    };
  });
}
