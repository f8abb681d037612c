/**
 * minnow itself, measured in the same way as its peers.
 *
 * @module
 */
import config from "../../deno.json" with { type: "json" };
import { matmul } from "../../kernels/ops/matmul.ts";
import { openDevice } from "../../kernels/runtime/open_device.ts";
import { quietDriver } from "../../model/command/quiet_driver.ts";
import { CaseGraph } from "../kernels/case_graph.ts";
import { prepareGraph } from "../kernels/prepare_graph.ts";
import { openSession } from "../step/open_session.ts";
import { stepRunner } from "../step/step_runner.ts";
import { type ReadyPeer, serve } from "./serve.ts";
import type { PeerTask } from "./task.ts";

async function open(task: PeerTask): Promise<ReadyPeer> {
  quietDriver();
  const gpu = await openDevice();
  const { version } = config;
  if (task.kind === "train") {
    const session = await openSession(gpu, task.size);
    const { run, losses } = stepRunner(session, task.size);
    await run(1);
    return { version, first: losses[0], run };
  }
  const graph = new CaseGraph();
  const shape = [task.side, task.side];
  const a = graph.operand("a", shape);
  const c = matmul(graph, { a, b: graph.operand("b", shape) }, {
    layout: "nn",
  });
  const program = await prepareGraph(gpu, graph);
  program.submit(["run"]);
  const [first] = await program.read(c);
  return {
    version,
    first,
    async run(times) {
      program.submit(new Array<string>(times).fill("run"));
      await program.finished();
    },
  };
}

if (import.meta.main) await serve(open);
