/**
 * Puts Dawn, the WebGPU implementation of Chromium, in the place of Deno's own.
 * Loaded before tests by `deno test --preload`.
 *
 * @module
 */

/** What is used of the package. */
interface Dawn {
  readonly globals: object;
  create(options: readonly string[]): unknown;
}

// By a variable, so that nobody who does not run this has to fetch it.
const specifier = "npm:webgpu@0.6.2";
const { create, globals }: Dawn = await import(specifier);
Object.assign(globalThis, globals);
Object.defineProperty(navigator, "gpu", { value: create([]) });

// The package asks for results over and over in `setImmediate`, each time with
// a new function. Deno looks for each of those in all others when it is freed,
// which takes minutes after some seconds of waiting: asking seldom is faster.
Object.defineProperty(globalThis, "setImmediate", {
  value: (ask: () => void) => setTimeout(ask, 1),
});
