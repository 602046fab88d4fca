import { chmodSync, copyFileSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isMillwrightError, type MillwrightError } from "../../src/kernel/index.js";
import { python, type FittedPipeline } from "../../src/training/index.js";
import {
  graphInfo,
  isZombieOfOurs,
  python3,
  pythonExamples,
  pythonProject,
  runs,
  type PythonProject,
} from "../support/python.js";

/** What a script needs to write its process ids where the test finds them. */
const header = `
import os, sys, time, signal, subprocess
import numpy as np
from millwright_trainer import Job, Result

def note():
    with open(os.environ["MILLWRIGHT_PIDS"] if "MILLWRIGHT_PIDS" in os.environ else PIDS, "a") as file:
        file.write(f"{os.getpid()}\\n")
`;

let project: PythonProject;

beforeAll(async () => {
  project = await pythonProject();
  const lock = new URL("../../python/locks/sklearn.txt", import.meta.url);
  copyFileSync(fileURLToPath(lock), join(project.folder, "requirements.txt"));
  if (python3 !== undefined) await project.runner.prepare({ lock: { shipped: "sklearn" }, byVersion: [] });
}, 300_000);
afterAll(() => project.close());
afterEach(() => {
  expect(project.leftovers()).toEqual([]);
});

type Limits = Partial<Parameters<typeof python>[0]>;

let scripts = 0;
/** Fits a script; tells the processes that it noted. */
function start(body: string, options: Limits = {}, onLog?: (line: string) => void, signal?: AbortSignal) {
  const name = `script-${scripts++}.py`;
  const pidFile = join(project.folder, `${name}.pids`);
  project.write(`${name}.pids`, "");
  project.write(name, `PIDS = ${JSON.stringify(pidFile)}\n${header}\n${body}\n`);
  const trainer = python({ script: name, requirements: "requirements.txt", ...options });
  const fitted = trainer.fit(pythonExamples("binary", 200), graphInfo, {
    threads: 1,
    python: project.runner,
    ...(onLog === undefined ? {} : { onLog }),
    ...(signal === undefined ? {} : { signal }),
  });
  const pids = () => readFileSync(pidFile, "utf8").split("\n").filter(Boolean).map(Number);
  return { fitted, pids };
}

/** The error of a fit; nothing of its processes is left. */
async function failureOf({ fitted, pids }: { fitted: Promise<FittedPipeline>; pids: () => number[] }) {
  const error: unknown = await fitted.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(isMillwrightError(error)).toBe(true);
  expect(pids().length).toBeGreaterThan(0);
  expect(pids().filter(runs)).toEqual([]);
  expect(pids().filter(isZombieOfOurs)).toEqual([]);
  return error as MillwrightError;
}

const linesOf = ({ details }: MillwrightError) => details["lines"] as string[];

describe.skipIf(python3 === undefined)("a script", () => {
  test("that raises ends with its error, its trace and its last lines", async () => {
    const error = await failureOf(
      start(`def train(job):\n  note()\n  print("about to fail")\n  raise ValueError("no such thing")`),
    );
    expect(error.code).toBe("MW1505");
    expect(error.found).toContain("ValueError: no such thing");
    expect(linesOf(error)).toContain("about to fail");
    expect(error.details["trace"]).toContain("in train");
  });

  test("that calls sys.exit fails all the same", async () => {
    const error = await failureOf(start(`def train(job):\n  note()\n  sys.exit(0)`));
    expect(error).toMatchObject({ code: "MW1505", found: expect.stringContaining("SystemExit") as unknown });
  });

  test("that vanishes is a training without a model", async () => {
    const error = await failureOf(start(`def train(job):\n  note()\n  print("bye")\n  os._exit(0)`));
    expect(error).toMatchObject({
      code: "MW1510",
      found: expect.stringContaining("code 0; its last lines: bye") as unknown,
    });
    const killed = await failureOf(
      start(`def train(job):\n  note()\n  os.kill(os.getpid(), signal.SIGKILL)`),
    );
    expect(killed).toMatchObject({ code: "MW1510", found: expect.stringContaining("SIGKILL") as unknown });
  });

  test("that does not end is ended at its time limit, though it ignores SIGTERM", async () => {
    const stubborn = `def train(job):\n  signal.signal(signal.SIGTERM, signal.SIG_IGN)\n  note()\n  print("waiting")\n  time.sleep(1000)`;
    const error = await failureOf(start(stubborn, { timeLimitMinutes: 8 / 60 }));
    expect(error.code).toBe("MW1506");
    expect(linesOf(error)).toEqual(["waiting"]);
  });

  test("whose process is stopped gives no sign of life", async () => {
    const error = await failureOf(
      start(`def train(job):\n  note()\n  os.kill(os.getpid(), signal.SIGSTOP)`, { silenceLimitSeconds: 4 }),
    );
    expect(error.code).toBe("MW1507");
  });

  test("that asks for more memory than its limit at once is refused it", async () => {
    const error = await failureOf(
      start(`def train(job):\n  note()\n  return np.ones(2**31)`, { memoryLimitMb: 2048 }),
    );
    expect(error).toMatchObject({ code: "MW1508", expected: "at most 2048 MiB" });
  });

  test("whose children together use more memory than its limit is ended", async () => {
    const child = `import time; held = b"x" * (300 * 2**20); time.sleep(1000)`;
    const many = `def train(job):\n  note()\n  for _ in range(4): subprocess.Popen([sys.executable, "-c", ${JSON.stringify(child)}])\n  time.sleep(1000)`;
    const error = await failureOf(start(many, { memoryLimitMb: 900 }));
    expect(error.code).toBe("MW1508");
  });

  test("that writes on the protocol's descriptor is ended", async () => {
    const garbage = await failureOf(
      start(`def train(job):\n  note()\n  os.write(3, b"hello\\n")\n  time.sleep(1000)`),
    );
    expect(garbage).toMatchObject({ code: "MW1509", found: 'no JSON: "hello"' });
    const lie = `{"type":"result","file":"model.onnx","sha256":"${"0".repeat(64)}","sizeBytes":1,"importances":[],"parity":{"rows":1,"maxDifference":0,"runtime":""}}`;
    const forged = await failureOf(
      start(`def train(job):\n  note()\n  os.write(3, b'${lie}\\n')\n  os._exit(0)`),
    );
    expect(forged).toMatchObject({ code: "MW1509", found: "no file model.onnx" });
  });

  test("that prints megabytes without an end of line fills no memory", async () => {
    const seen: string[] = [];
    const loud = `def train(job):\n  note()\n  for _ in range(200): sys.stdout.write("x" * 100_000)\n  raise ValueError("done")`;
    const error = await failureOf(start(loud, {}, (line) => seen.push(line)));
    expect(error.code).toBe("MW1505");
    expect(linesOf(error).length).toBeLessThanOrEqual(50);
    expect(seen.length).toBeLessThanOrEqual(10_001);
  });

  test("that leaves children behind, in its session and out of it, leaves none", async () => {
    const forking = `def train(job):
  note()
  for _ in range(3):
    if os.fork() == 0:
      note()
      time.sleep(1000)
  code = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\\\n'); time.sleep(1000)"
  subprocess.Popen([sys.executable, "-c", code, PIDS], start_new_session=True)
  while sum(1 for _ in open(PIDS)) < 5: time.sleep(0.01)
  raise ValueError("left")`;
    const run = start(forking);
    const error = await failureOf(run);
    expect(error.code).toBe("MW1505");
    expect(run.pids()).toHaveLength(5);
  });

  test("that is cancelled ends, with its children", async () => {
    const controller = new AbortController();
    const body = `def train(job):\n  if os.fork() == 0:\n    note()\n    time.sleep(1000)\n  note()\n  while sum(1 for _ in open(PIDS)) < 2: time.sleep(0.01)\n  print("ready")\n  time.sleep(1000)`;
    const run = start(body, {}, (line) => line === "ready" && controller.abort(), controller.signal);
    expect(await failureOf(run)).toMatchObject({ code: "MW0105" });
    expect(run.pids()).toHaveLength(2);
  });

  test.each([
    ["nothing", "return None", "returned NoneType"],
    ["no graph", "return Result(onnx=b'', predict=lambda rows: None)", "is bytes"],
    [
      "a graph of other outputs",
      graphOf("wrong", "lambda rows: np.zeros(rows.count)"),
      "first output is wrong",
    ],
    ["a graph that disagrees", graphOf("probability", "lambda rows: np.full(rows.count, 0.25)"), "disagree"],
    ["a model without answers", graphOf("probability", "lambda rows: np.full(rows.count, np.nan)"), "finite"],
  ])("that returns %s is refused", async (_, body, found) => {
    const error = await failureOf(start(`def train(job):\n  note()\n${body.replace(/^/gm, "  ")}`));
    expect(error.code).toBe("MW1511");
    expect(error.found).toContain(found);
  });
});

/** A script's end: a graph that answers one half for every row. */
function graphOf(output: string, predict: string): string {
  return `from onnx import helper, TensorProto, numpy_helper
nodes = [
  helper.make_node("Gather", ["numeric", "first"], ["one"], axis=1),
  helper.make_node("Reshape", ["one", "flat"], ["row"]),
  helper.make_node("IsNaN", ["row"], ["nan"]),
  helper.make_node("Where", ["nan", "half", "half"], ["${output}"]),
]
constants = [
  numpy_helper.from_array(np.array([0]), "first"),
  numpy_helper.from_array(np.array([-1]), "flat"),
  numpy_helper.from_array(np.array(0.5, np.float32), "half"),
]
inputs = [
  helper.make_tensor_value_info("numeric", TensorProto.FLOAT, ["N", 2]),
  helper.make_tensor_value_info("text", TensorProto.STRING, ["N", 1]),
]
outputs = [helper.make_tensor_value_info("${output}", TensorProto.FLOAT, ["N"])]
graph = helper.make_graph(nodes, "g", inputs, outputs, constants)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
return Result(onnx=model, predict=${predict})`;
}

describe.skipIf(python3 === undefined)("before the script", () => {
  const fit = (options: Limits) =>
    python({ script: "none.py", requirements: "requirements.txt", ...options }).fit(
      pythonExamples("binary", 50),
      graphInfo,
      { threads: 1, python: project.runner },
    );

  test("a missing file, loose requirements and a missing interpreter are named", async () => {
    await expect(fit({})).rejects.toMatchObject({ code: "MW1504" });
    project.write("here.py", "");
    project.write("loose.txt", "numpy>=1\n");
    await expect(fit({ script: "here.py", requirements: "loose.txt" })).rejects.toMatchObject({
      code: "MW1502",
      found: "numpy>=1",
    });
    const other = await pythonProject({ python: "python-that-is-not-there" });
    await expect(other.runner.prepare({ lock: { shipped: "sklearn" }, byVersion: [] })).rejects.toMatchObject(
      { code: "MW1501" },
    );
    await other.close();
    project.write("old-python", `#!/bin/sh\necho '{"tooOld": "3.8.10"}'\n`);
    chmodSync(join(project.folder, "old-python"), 0o755);
    const old = await pythonProject({ python: join(project.folder, "old-python") });
    await expect(old.runner.prepare({ lock: { shipped: "sklearn" }, byVersion: [] })).rejects.toMatchObject({
      code: "MW1501",
      found: "Python 3.8.10",
    });
    await old.close();
  });

  test("a script of a wrong function name says so", async () => {
    project.write("here.py", "def tarin(job): pass\n");
    await expect(fit({ script: "here.py" })).rejects.toMatchObject({
      code: "MW1505",
      found: expect.stringContaining("defines no function train()") as unknown,
    });
  });

  test("what a run is a function of changes with the script and its files", async () => {
    project.write("a.py", "one");
    project.write("b.py", "two");
    const print = (files: string[]) =>
      project.runner.fingerprint({ environment: { lock: { shipped: "torch" }, byVersion: [] }, files });
    const before = await print(["a.py", "b.py"]);
    expect(await print(["a.py", "b.py"])).toEqual(before);
    project.write("b.py", "three");
    expect(await print(["a.py", "b.py"])).not.toEqual(before);
    await expect(print(["c.py"])).rejects.toMatchObject({ code: "MW1504" });
  });
});
