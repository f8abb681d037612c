/**
 * Multiplies matrices of several sizes once and prints a sum of each product,
 * and how many adapters were asked for. It is started by a test, because
 * drivers choose their cache when a process starts.
 *
 * @module
 */
import { matmul } from "../../../kernels/ops/matmul.ts";
import { Executable } from "../../../kernels/plan/executable.ts";
import { Graph } from "../../../kernels/plan/graph.ts";
import { planProgram } from "../../../kernels/plan/plan_program.ts";
import { openDevice } from "../../../kernels/runtime/open_device.ts";
import { quietDriver } from "../../../model/command/quiet_driver.ts";

quietDriver();
let asked = 0;
const request = navigator.gpu.requestAdapter.bind(navigator.gpu);
navigator.gpu.requestAdapter = (options) => {
  asked++;
  return request(options);
};

const graph = new Graph();
const products = [5, 6, 7, 8, 9, 10, 11, 12].map((size) => {
  const ones = (name: string) =>
    graph.constant(name, [size, size], new Float32Array(size * size).fill(1));
  return matmul(
    graph,
    { a: ones(`a ${size}`), b: ones(`b ${size}`) },
    { layout: "nn" },
  );
});
const gpu = await openDevice();
const plan = planProgram(new Map([["run", graph]]), gpu.capabilities, {
  keep: products,
});
const program = await Executable.compile(gpu, plan);
program.submit(["run"]);
const sums: number[] = [];
for (const product of products) {
  const values = await program.read(product);
  sums.push(values.reduce((sum, value) => sum + value, 0));
}
console.log(JSON.stringify({ name: gpu.adapter.name, asked, sums }));
gpu.close();
