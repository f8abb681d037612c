/**
 * TensorFlow.js on its webgpu backend. The gradients come with the union
 * package: the core's own build for CommonJS, which Deno loads, registers none.
 *
 * @module
 */
import { quietDriver } from "../../model/command/quiet_driver.ts";
import { randomTokens } from "../support/random_tokens.ts";
import type { BenchSize } from "../support/sizes.ts";
import { type ReadyPeer, serve } from "./serve.ts";
import type { PeerTask } from "./task.ts";
import type { Tensor, TensorFlow } from "./tfjs_api.ts";

// Not literals in the imports, so that only who runs this loads the packages.
const PACKAGES = ["tfjs", "tfjs-backend-webgpu"]
  .map((name) => `npm:@tensorflow/${name}@4.22.0`);
const [tf]: [TensorFlow, unknown] = [
  await import(PACKAGES[0]),
  await import(PACKAGES[1]),
];

const EPSILON = 1e-5;

async function open(task: PeerTask): Promise<ReadyPeer> {
  quietDriver();
  await tf.setBackend("webgpu");
  await tf.ready();
  const version = tf.version_core;
  return task.kind === "train"
    ? { version, ...await openTraining(task.size) }
    : { version, ...await openMatmul(task.side) };
}

async function openMatmul(side: number): Promise<Omit<ReadyPeer, "version">> {
  const a = tf.randomUniform([side, side], -0.5, 0.5);
  const b = tf.randomUniform([side, side], -0.5, 0.5);
  const run = async (times: number) => {
    let last = tf.matMul(a, b);
    for (let index = 1; index < times; index++) {
      last.dispose();
      last = tf.matMul(a, b);
    }
    const corner = tf.slice(last, [0, 0], [1, 1]);
    const { 0: value } = await corner.data();
    corner.dispose();
    last.dispose();
    return value;
  };
  return {
    first: await run(1),
    run: async (times) => {
      await run(times);
    },
  };
}

async function openTraining(
  size: BenchSize,
): Promise<Omit<ReadyPeer, "version">> {
  const batch = randomTokens(size);
  const shape = [size.batch, size.context];
  const tokens = tf.tensor(Int32Array.from(batch.inputs), shape, "int32");
  const targets = tf.oneHot(
    tf.tensor(
      Int32Array.from(batch.targets),
      [batch.targets.length],
      "int32",
    ),
    size.vocabulary,
  );
  const model = buildModel(size);
  const optimizer = tf.train.adam(1e-3, 0.9, 0.95, 1e-8);
  const step = async (times: number) => {
    let loss = NaN;
    for (let index = 0; index < times; index++) {
      const value = optimizer.minimize(
        () => tf.losses.softmaxCrossEntropy(targets, model(tokens)),
        true,
      );
      if (value === null) throw new Error("TensorFlow.js returned no loss");
      if (index === times - 1) {
        const { 0: read } = await value.data();
        loss = read;
      }
      value.dispose();
    }
    return loss;
  };
  return {
    first: await step(1),
    run: async (times) => {
      await step(times);
    },
  };
}

/** GPT-2; gives logits (B·T, V) of tokens (B, T). */
function buildModel(size: BenchSize): (tokens: Tensor) => Tensor {
  const { layers, width, heads, context, batch, vocabulary } = size;
  const headDim = width / heads;
  const rows = batch * context;
  const normal = (shape: number[]) =>
    tf.variable(tf.randomNormal(shape, 0, 0.02));
  const linear = (inputs: number, outputs: number) => {
    const weight = normal([inputs, outputs]);
    const bias = tf.variable(tf.zeros([outputs]));
    return (x: Tensor) => tf.add(tf.matMul(x, weight), bias);
  };
  const norm = () => {
    const weight = tf.variable(tf.ones([width]));
    const bias = tf.variable(tf.zeros([width]));
    return (x: Tensor) => {
      const { mean, variance } = tf.moments(x, -1, true);
      const scaled = tf.mul(
        tf.sub(x, mean),
        tf.rsqrt(tf.add(variance, EPSILON)),
      );
      return tf.add(tf.mul(scaled, weight), bias);
    };
  };
  const table = normal([vocabulary, width]);
  const positions = normal([context, width]);
  const hidden = tf.linalg.bandPart(tf.ones([context, context]), -1, 0);
  const mask = tf.mul(tf.sub(1, hidden), -1e9);
  const attend = (qkv: Tensor) => {
    const [q, k, v] = tf.split(
      tf.transpose(
        tf.reshape(qkv, [batch, context, 3 * heads, headDim]),
        [0, 2, 1, 3],
      ),
      3,
      1,
    );
    const scores = tf.matMul(tf.mul(q, 1 / Math.sqrt(headDim)), k, false, true);
    const mixed = tf.matMul(tf.softmax(tf.add(scores, mask)), v);
    return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [rows, width]);
  };
  const blocks = Array.from({ length: layers }, () => ({
    before: norm(),
    qkv: linear(width, 3 * width),
    out: linear(width, width),
    between: norm(),
    up: linear(width, 4 * width),
    down: linear(4 * width, width),
  }));
  const last = norm();
  return (tokens) => {
    const embedded = tf.add(tf.gather(table, tokens), positions);
    let x: Tensor = tf.reshape(embedded, [rows, width]);
    for (const { before, qkv, out, between, up, down } of blocks) {
      x = tf.add(x, out(attend(qkv(before(x)))));
      x = tf.add(x, down(gelu(up(between(x)))));
    }
    return tf.matMul(last(x), table, false, true);
  };
}

/** GPT-2's approximation of the Gaussian error linear unit. */
function gelu(x: Tensor): Tensor {
  const cubed = tf.mul(tf.mul(x, tf.square(x)), 0.044715);
  const inner = tf.mul(tf.add(x, cubed), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}

if (import.meta.main) await serve(open);
