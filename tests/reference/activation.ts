import type { ActivationKind } from "../../kernels/ops/activation_wgsl.ts";

/** An activation function of one number. */
export function activate(kind: ActivationKind, x: number): number {
  switch (kind) {
    case "gelu_tanh":
      return x / 2 * (1 + Math.tanh(geluArgument(x)));
    case "silu":
      return x / (1 + Math.exp(-x));
    case "relu2":
      return Math.max(x, 0) ** 2;
  }
}

/** Its derivative. */
export function activateDerivative(kind: ActivationKind, x: number): number {
  switch (kind) {
    case "gelu_tanh": {
      const tanh = Math.tanh(geluArgument(x));
      const slope = Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x ** 2);
      return (1 + tanh) / 2 + x / 2 * (1 - tanh ** 2) * slope;
    }
    case "silu": {
      const gate = 1 / (1 + Math.exp(-x));
      return gate * (1 + x * (1 - gate));
    }
    case "relu2":
      return 2 * Math.max(x, 0);
  }
}

function geluArgument(x: number): number {
  return Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
}

/** The activation of the gates times the ups, in rows of `2 · columns`. */
export function gatedActivation(
  kind: ActivationKind,
  gateUp: Float64Array,
  columns: number,
): Float64Array {
  const rows = gateUp.length / 2 / columns;
  return Float64Array.from({ length: rows * columns }, (_, i) => {
    const at = i + Math.floor(i / columns) * columns;
    return activate(kind, gateUp[at]) * gateUp[at + columns];
  });
}

/** Gradient by gates and ups. */
export function gatedActivationGradient(
  kind: ActivationKind,
  gateUp: Float64Array,
  upstream: Float64Array,
  columns: number,
): Float64Array {
  const gradient = new Float64Array(gateUp.length);
  upstream.forEach((dy, i) => {
    const at = i + Math.floor(i / columns) * columns;
    gradient[at] = dy * gateUp[at + columns] *
      activateDerivative(kind, gateUp[at]);
    gradient[at + columns] = dy * activate(kind, gateUp[at]);
  });
  return gradient;
}
