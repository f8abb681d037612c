/**
 * jax-js on the device that the second argument names: `webgpu` or `wasm`.
 * Its arrays are counted: a function uses up its arguments, and `ref` keeps
 * one for another use.
 *
 * @module
 */
import { quietDriver } from "../../model/command/quiet_driver.ts";
import { randomTokens } from "../support/random_tokens.ts";
import type { BenchSize } from "../support/sizes.ts";
import type { Jax, Value } from "./jax_api.ts";
import { type ReadyPeer, serve } from "./serve.ts";
import type { PeerTask } from "./task.ts";

const VERSION = "0.1.25";
// Not a literal in the import, so that only who runs this loads the package.
const PACKAGE = `npm:@jax-js/jax@${VERSION}`;
const {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  nn,
  numpy: np,
  random,
  valueAndGrad,
}: Jax = await import(PACKAGE);

const RATE = 1e-3;
const BETA1 = 0.9;
const BETA2 = 0.95;

async function open(task: PeerTask): Promise<ReadyPeer> {
  quietDriver();
  const [, device] = Deno.args;
  if (device !== "webgpu" && device !== "wasm") {
    throw new Error(`jax-js has no device "${device}"`);
  }
  await init(device);
  defaultDevice(device);
  const { first, run } = task.kind === "train"
    ? await openTraining(task.size)
    : await openMatmul(task.side);
  return { version: VERSION, first, run };
}

async function openMatmul(side: number): Promise<Omit<ReadyPeer, "version">> {
  const a = random.uniform(random.key(1), [side, side]);
  const b = random.uniform(random.key(2), [side, side]);
  const product = jit((x: Value, y: Value) => np.matmul(x, y));
  // Products are computed late: one that is dropped early never is.
  const run = async (times: number) =>
    await blockUntilReady(
      Array.from({ length: times }, () => product(a.ref, b.ref)),
    );
  const [corner] = await run(1);
  const { 0: first } = await corner.data();
  return {
    first,
    run: async (times) => {
      for (const result of await run(times)) result.dispose();
    },
  };
}

async function openTraining(
  size: BenchSize,
): Promise<Omit<ReadyPeer, "version">> {
  const batch = randomTokens(size);
  const tokens = np.array(Int32Array.from(batch.inputs));
  const targets = np.array(Int32Array.from(batch.targets));
  const shapes = parameterShapes(size);
  let weights = shapes.map(({ shape, fill }, index) =>
    fill === "normal"
      ? random.normal(random.key(index), shape).mul(0.02)
      : np.full(shape, fill)
  );
  let means = shapes.map(({ shape }) => np.zeros(shape));
  let squares = shapes.map(({ shape }) => np.zeros(shape));
  const loss = (w: Value[], x: Value, y: Value) =>
    lossOf(size, shapes, w, x, y);
  const step = jit(
    (
      w: Value[],
      m: Value[],
      v: Value[],
      x: Value,
      y: Value,
      c: Value,
    ): [Value, Value[], Value[], Value[]] => {
      const [value, gradients] = valueAndGrad(loss)(refs(w), x, y);
      const [c1, c2] = [c.ref.slice(0), c.slice(1)];
      const mean = gradients.map((g, i) =>
        m[i].mul(BETA1).add(g.ref.mul(1 - BETA1))
      );
      const square = gradients.map((g, i) =>
        v[i].mul(BETA2).add(g.ref.mul(g).mul(1 - BETA2))
      );
      const updated = w.map((weight, i) =>
        weight.sub(
          mean[i].ref.div(c1.ref).mul(RATE)
            .div(np.sqrt(square[i].ref.div(c2.ref)).add(1e-8)),
        )
      );
      c1.dispose();
      c2.dispose();
      return [value, updated, mean, square];
    },
  );
  let taken = 0;
  const run = async (times: number) => {
    let last = NaN;
    for (let index = 0; index < times; index++) {
      taken++;
      const corrections = np.array([1 - BETA1 ** taken, 1 - BETA2 ** taken]);
      const [value, ...state] = step(
        weights,
        means,
        squares,
        tokens.ref,
        targets.ref,
        corrections,
      );
      [weights, means, squares] = state;
      if (index < times - 1) value.dispose();
      else last = (await value.data())[0];
    }
    await blockUntilReady(weights);
    return last;
  };
  return {
    first: await run(1),
    run: async (times) => {
      await run(times);
    },
  };
}

function refs(values: readonly Value[]): Value[] {
  return values.map((value) => value.ref);
}

interface ParameterShape {
  readonly name: string;
  readonly shape: number[];
  readonly fill: "normal" | number;
}

function parameterShapes(
  { layers, width, context, vocabulary }: BenchSize,
): ParameterShape[] {
  const matrix = (name: string, ...shape: number[]): ParameterShape => ({
    name,
    shape,
    fill: "normal",
  });
  const vector = (name: string, length: number, fill = 0): ParameterShape => ({
    name,
    shape: [length],
    fill,
  });
  const norm = (name: string) => [
    vector(`${name}.weight`, width, 1),
    vector(`${name}.bias`, width),
  ];
  const linear = (name: string, inputs: number, outputs: number) => [
    matrix(`${name}.weight`, inputs, outputs),
    vector(`${name}.bias`, outputs),
  ];
  const blocks = Array.from({ length: layers }, (_, layer) => [
    ...norm(`${layer}.before`),
    ...linear(`${layer}.qkv`, width, 3 * width),
    ...linear(`${layer}.out`, width, width),
    ...norm(`${layer}.between`),
    ...linear(`${layer}.up`, width, 4 * width),
    ...linear(`${layer}.down`, 4 * width, width),
  ]);
  return [
    matrix("table", vocabulary, width),
    matrix("positions", context, width),
    ...blocks.flat(),
    ...norm("last"),
  ];
}

/** Mean loss of GPT-2 over a batch; uses up all of its arguments. */
function lossOf(
  size: BenchSize,
  shapes: readonly ParameterShape[],
  values: readonly Value[],
  tokens: Value,
  targets: Value,
): Value {
  const { layers, width, heads, context, batch, vocabulary } = size;
  const rows = batch * context;
  const headShape = [batch, context, heads, width / heads];
  const weights = new Map(shapes.map(({ name }, i) => [name, values[i]]));
  const weight = (name: string) => {
    const found = weights.get(name);
    if (!found) throw new Error(`No parameter "${name}"`);
    return found;
  };
  const linear = (name: string, x: Value) =>
    np.matmul(x, weight(`${name}.weight`)).add(weight(`${name}.bias`));
  const norm = (name: string, x: Value) =>
    nn.standardize(x).mul(weight(`${name}.weight`))
      .add(weight(`${name}.bias`));
  const attend = (qkv: Value) => {
    const [q, k, v] = np.split(qkv, 3, 1).map((part) =>
      part.reshape(headShape)
    );
    return nn.dotProductAttention(q, k, v, { isCausal: true })
      .reshape([rows, width]);
  };
  const table = weight("table");
  // A product with one-hot rows: its gradient is a product as well.
  const embedded = np.matmul(nn.oneHot(tokens, vocabulary), table.ref);
  let x = embedded.reshape([batch, context, width]).add(weight("positions"))
    .reshape([rows, width]);
  for (let layer = 0; layer < layers; layer++) {
    const qkv = linear(`${layer}.qkv`, norm(`${layer}.before`, x.ref));
    x = x.add(linear(`${layer}.out`, attend(qkv)));
    const up = linear(`${layer}.up`, norm(`${layer}.between`, x.ref));
    x = x.add(linear(`${layer}.down`, nn.gelu(up)));
  }
  const logits = np.matmul(norm("last", x), np.matrixTranspose(table));
  const chosen = nn.logSoftmax(logits).mul(nn.oneHot(targets, vocabulary));
  return np.sum(chosen).mul(-1 / rows);
}

if (import.meta.main) await serve(open);
