/**
 * WGSL function `soft_cap(x: E) -> E`, cap · tanh(x / cap), and
 * `soft_cap_slope(y: E) -> E`, its derivative where its value is y.
 *
 * The tangent is made of an exponential whose argument is bounded, because some
 * drivers give NaN for the tanh of large arguments; beyond ±15 it is ±1 to the
 * last bit.
 *
 * @param cap Bound of the values, above 0.
 * @param element Type of argument and result.
 * @param suffix Ends the functions' names.
 */
export function softCapFunctions(
  cap: number,
  element: "f32" | "vec4<f32>",
  suffix: "" | "_of_one" = "",
): string {
  return `
fn soft_cap${suffix}(x: ${element}) -> ${element} {
  let bounded = clamp(x / ${cap}f, ${element}(-15.0), ${element}(15.0));
  let tail = exp(-2.0 * bounded);
  return ${cap}f * (1.0 - tail) / (1.0 + tail);
}
fn soft_cap_slope${suffix}(y: ${element}) -> ${element} {
  let share = y / ${cap}f;
  return 1.0 - share * share;
}`;
}
