"""Makes the three models that every server answers with: `make.py FOLDER` writes them as ONNX, and says what it made."""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import sklearn
from onnx import TensorProto, helper, numpy_helper
from sklearn.ensemble import GradientBoostingRegressor

FEATURES = 32
IMAGE = (3, 224, 224)
SEED = 5


def friedman(rows, rng):
    """Friedman's first function on the first five of 32 uniform inputs, and noise."""
    x = rng.random((rows, FEATURES), dtype=np.float32)
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    return x, y + rng.normal(size=rows)


def trees():
    """100 boosted trees of 31 leaves, trained by scikit-learn."""
    x, y = friedman(2_000, np.random.default_rng(SEED))
    fitted = GradientBoostingRegressor(
        n_estimators=100, max_leaf_nodes=31, max_depth=None, learning_rate=0.1, random_state=SEED
    ).fit(x, y)
    nodes = {name: [] for name in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids")}
    targets = {name: [] for name in ("treeids", "nodeids", "ids", "weights")}
    for number, tree in enumerate(one.tree_ for one in fitted.estimators_[:, 0]):
        for node in range(tree.node_count):
            leaf = tree.children_left[node] == -1
            nodes["treeids"].append(number)
            nodes["nodeids"].append(node)
            nodes["featureids"].append(0 if leaf else int(tree.feature[node]))
            nodes["values"].append(0.0 if leaf else float(np.float32(tree.threshold[node])))
            nodes["modes"].append("LEAF" if leaf else "BRANCH_LEQ")
            nodes["truenodeids"].append(0 if leaf else int(tree.children_left[node]))
            nodes["falsenodeids"].append(0 if leaf else int(tree.children_right[node]))
            if leaf:
                targets["treeids"].append(number)
                targets["nodeids"].append(node)
                targets["ids"].append(0)
                targets["weights"].append(float(0.1 * tree.value[node, 0, 0]))
    attributes = {f"nodes_{name}": values for name, values in nodes.items()}
    attributes |= {f"target_{name}": values for name, values in targets.items()}
    node = helper.make_node(
        "TreeEnsembleRegressor",
        ["input"],
        ["output"],
        domain="ai.onnx.ml",
        n_targets=1,
        base_values=[float(y.mean())],
        **attributes,
    )
    return graph("trees", [node], [FEATURES], 1, {}), {"trees": 100, "leaves": len(targets["ids"])}


def dense(rng, size_in, size_out):
    return (rng.normal(size=(size_in, size_out)) * np.sqrt(2 / size_in)).astype(np.float32)


def network():
    """A multilayer perceptron 32-64-32-1."""
    rng = np.random.default_rng(SEED)
    sizes = [FEATURES, 64, 32, 1]
    weights, nodes, value = {}, [], "input"
    for layer, (size_in, size_out) in enumerate(zip(sizes, sizes[1:])):
        last = layer == len(sizes) - 2
        weights[f"w{layer}"] = dense(rng, size_in, size_out)
        weights[f"b{layer}"] = (0.1 * rng.normal(size=size_out)).astype(np.float32)
        nodes.append(
            helper.make_node("Gemm", [value, f"w{layer}", f"b{layer}"], ["output" if last else f"z{layer}"])
        )
        if not last:
            nodes.append(helper.make_node("Relu", [f"z{layer}"], [f"a{layer}"]))
            value = f"a{layer}"
    return graph("network", nodes, [FEATURES], 1, weights), {"layers": sizes}


def image():
    """Five convolutions on 3x224x224, their mean over the picture, ten classes."""
    rng = np.random.default_rng(SEED)
    layers = [(3, 32, 2), (32, 64, 2), (64, 64, 1), (64, 128, 2), (128, 128, 1)]
    weights, nodes, value = {}, [], "input"
    for layer, (channels_in, channels_out, stride) in enumerate(layers):
        kernel = rng.normal(size=(channels_out, channels_in, 3, 3)) * np.sqrt(2 / (9 * channels_in))
        weights[f"k{layer}"] = kernel.astype(np.float32)
        weights[f"c{layer}"] = np.zeros(channels_out, np.float32)
        nodes.append(
            helper.make_node(
                "Conv",
                [value, f"k{layer}", f"c{layer}"],
                [f"y{layer}"],
                kernel_shape=[3, 3],
                strides=[stride, stride],
                pads=[1, 1, 1, 1],
            )
        )
        nodes.append(helper.make_node("Relu", [f"y{layer}"], [f"r{layer}"]))
        value = f"r{layer}"
    weights["w"] = dense(rng, 128, 10)
    weights["b"] = np.zeros(10, np.float32)
    nodes += [
        helper.make_node("GlobalAveragePool", [value], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w", "b"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["output"], axis=1),
    ]
    return graph("image", nodes, list(IMAGE), 10, weights), {"convolutions": layers}


def graph(name, nodes, shape, outputs, weights):
    made = helper.make_model(
        helper.make_graph(
            nodes,
            name,
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["rows", *shape])],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["rows", outputs])],
            [numpy_helper.from_array(value, key) for key, value in weights.items()],
        ),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)],
        ir_version=8,
        producer_name="bench",
    )
    onnx.checker.check_model(made)
    return made


def main(folder):
    said = {
        "versions": {"onnx": onnx.__version__, "sklearn": sklearn.__version__, "numpy": np.__version__},
        "onnxruntime": onnxruntime.__version__,
        "models": {},
    }
    for make in (trees, network, image):
        made, about = make()
        data = made.SerializeToString()
        path = Path(folder, f"{make.__name__}.onnx")
        path.write_bytes(data)
        said["models"][make.__name__] = {
            **about,
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
    print(json.dumps(said))


main(sys.argv[1])
