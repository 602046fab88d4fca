"""Builds the graph that keeps Millwright's convention around a library's own."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np
import onnx
from onnx import TensorProto, compose, helper, numpy_helper

from .result import ModelRefused

#: Operator sets that the graphs are written for; an embedded graph may ask for later ones.
CORE_OPSET = 17
ML_OPSET = 3
IR_VERSION = 8

#: Name and columns of the first output; None: as many as there are classes.
OUTPUTS = {
    "binary": "probability",
    "multiclass": "probabilities",
    "regression": "value",
    "ranking": "score",
    "anomaly": "score",
}


class Graph:
    """Collects nodes in the order in which they run. Values are known by name."""

    def __init__(self, numbers: int, texts: int) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._functions: list[onnx.FunctionProto] = []
        self._opsets = {"": CORE_OPSET, "ai.onnx.ml": ML_OPSET}
        self._ir_version = IR_VERSION
        self.numbers = numbers
        self.texts = texts

    def add(self, op: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        name = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(op, inputs, [name], name=name, domain=domain, **attributes))
        return name

    def constant(self, value: Any, dtype: Any) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def columns(self, value: str, index: Sequence[int]) -> str:
        """Some columns of [N, k]."""
        return self.add("Gather", value, self.constant(index, np.int64), axis=1)

    def flat(self, value: str) -> str:
        """[N, 1] as [N]."""
        return self.add("Reshape", value, self.constant([-1], np.int64))

    def floats(self, value: str) -> str:
        return self.add("Cast", value, to=TensorProto.FLOAT)

    def embed(self, model: onnx.ModelProto, inputs: dict[str, str]) -> dict[str, str]:
        """Takes over a whole graph, its inputs bound to values; returns the names of its outputs."""
        given = {value.name for value in model.graph.input} - {c.name for c in model.graph.initializer}
        if given != set(inputs):
            raise ModelRefused(f"the graph asks for {sorted(given)}, but {sorted(inputs)} is what there is")
        prefix = f"m{len(self._nodes)}_"
        inner = compose.add_prefix(model, prefix)
        for name, value in inputs.items():
            node = helper.make_node("Identity", [value], [prefix + name], name=prefix + name)
            self._nodes.append(node)
        self._nodes.extend(inner.graph.node)
        self._constants.extend(inner.graph.initializer)
        self._functions.extend(inner.functions)
        for opset in model.opset_import:
            domain = "" if opset.domain == "ai.onnx" else opset.domain
            self._opsets[domain] = max(opset.version, self._opsets.get(domain, 0))
        self._ir_version = max(self._ir_version, model.ir_version)
        return {output.name: prefix + output.name for output in model.graph.output}

    def finish(self, value: str, task: str, classes: int) -> onnx.ModelProto:
        """Closes the graph with a float32 value of shape [N] or, of several classes, [N, classes]."""
        name = OUTPUTS[task]
        self._nodes.append(helper.make_node("Identity", [value], [name], name=name))
        inputs = []
        if self.numbers > 0:
            inputs.append(helper.make_tensor_value_info("numeric", TensorProto.FLOAT, ["N", self.numbers]))
        if self.texts > 0:
            inputs.append(helper.make_tensor_value_info("text", TensorProto.STRING, ["N", self.texts]))
        shape = ["N", classes] if task == "multiclass" else ["N"]
        output = helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        graph = helper.make_graph(self._used_nodes(name), "model", inputs, [output], self._constants)
        opsets = [helper.make_opsetid(domain, version) for domain, version in self._opsets.items()]
        return helper.make_model(
            graph, opset_imports=opsets, ir_version=self._ir_version, functions=self._functions
        )

    def _used_nodes(self, output: str) -> list[onnx.NodeProto]:
        """The nodes that the output needs: a library's label, or its list of maps, is left out."""
        needed, used = {output}, []
        for node in reversed(self._nodes):
            if needed.isdisjoint(node.output):
                continue
            used.append(node)
            needed.update(node.input)
            for attribute in node.attribute:
                for inner in [attribute.g, *attribute.graphs]:
                    needed.update(name for n in inner.node for name in n.input)
        self._constants = [constant for constant in self._constants if constant.name in needed]
        return used[::-1]


def answer_of(graph: Graph, value: str, task: str, columns: Sequence[int] | None = None) -> str:
    """A library's [N, k] answer as the convention's: columns are those of the classes, by class."""
    value = graph.floats(value)
    if task == "binary":
        return graph.flat(graph.columns(value, [1 if columns is None else columns[1]]))
    if task != "multiclass":
        return graph.flat(value)
    if columns is None:
        return value
    if -1 not in columns:
        return graph.columns(value, columns)
    # A class that the training rows lack has probability 0.
    width = len([column for column in columns if column >= 0])
    first = graph.columns(value, [0])
    nothing = graph.add("Mul", first, graph.constant(0, np.float32))
    widened = graph.add("Concat", value, nothing, axis=1)
    return graph.columns(widened, [width if column < 0 else column for column in columns])
