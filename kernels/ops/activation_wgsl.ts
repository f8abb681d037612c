/**
 * An activation function, under the names that configs use:
 *
 * - `gelu_tanh`: x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))), `gelu_new` in
 *   Hugging Face configs;
 * - `silu`: x · sigmoid(x);
 * - `relu2`: max(x, 0)².
 */
export type ActivationKind = "gelu_tanh" | "silu" | "relu2";

/**
 * WGSL functions `activate` and `activate_derivative` of one activation, for
 * kernels that apply it to values in registers.
 *
 * Arguments of `exp` are kept within ±88, where its f32 result is finite on
 * every driver; no `tanh` is used, because some drivers give NaN for large
 * arguments.
 *
 * @param kind Which activation.
 * @param element Type of argument and result.
 * @returns Definitions of `fn activate(x: E) -> E` and
 * `fn activate_derivative(x: E) -> E`.
 */
export function activationFunctions(
  kind: ActivationKind,
  element: "f32" | "vec4<f32>",
): string {
  return TEMPLATES[kind](element);
}

type Template = (element: "f32" | "vec4<f32>") => string;

const TEMPLATES: Readonly<Record<ActivationKind, Template>> = {
  // (1 + tanh(u)) / 2 = sigmoid(2u), which loses no digits for negative u.
  // Beyond ±10 the sigmoid is 0 or 1 to the last bit that matters.
  gelu_tanh: (element) => `
fn gelu_gate(x: ${element}) -> ${element} {
  return 1.0 / (1.0 + exp(-1.5957691216057308 * x * (1.0 + 0.044715 * x * x)));
}
fn activate(x: ${element}) -> ${element} {
  return x * gelu_gate(clamp(x, ${element}(-10.0), ${element}(10.0)));
}
fn activate_derivative(x: ${element}) -> ${element} {
  let bounded = clamp(x, ${element}(-10.0), ${element}(10.0));
  let gate = gelu_gate(bounded);
  let slope = 1.5957691216057308 + 0.21406444881780076 * bounded * bounded;
  return gate + bounded * gate * (1.0 - gate) * slope;
}`,
  silu: (element) => `
fn silu_gate(x: ${element}) -> ${element} {
  return 1.0 / (1.0 + exp(-x));
}
fn activate(x: ${element}) -> ${element} {
  return x * silu_gate(clamp(x, ${element}(-80.0), ${element}(80.0)));
}
fn activate_derivative(x: ${element}) -> ${element} {
  let bounded = clamp(x, ${element}(-80.0), ${element}(80.0));
  let gate = silu_gate(bounded);
  return gate * (1.0 + bounded * (1.0 - gate));
}`,
  relu2: (element) => `
fn activate(x: ${element}) -> ${element} {
  let positive = max(x, ${element}(0.0));
  return positive * positive;
}
fn activate_derivative(x: ${element}) -> ${element} {
  return 2.0 * max(x, ${element}(0.0));
}`,
};
