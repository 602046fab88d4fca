"""python peer.py lightgbm|sklearn FOLDER OPTIONS: trains on a table of `tables.py`, prints one line of JSON.

OPTIONS is JSON: trees, leaves, learningRate, bins, minLeafRows, threads, and test "folds" (every fold of every
repetition is predicted once) or "last" (the last fifth of the rows is predicted).
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

folder = Path(sys.argv[2])
options = json.loads(sys.argv[3])
os.environ["OMP_NUM_THREADS"] = str(options["threads"])

import numpy as np  # noqa: E402 - the number of threads is read at import

about = json.loads((folder / "table.json").read_text())
rows = about["rows"]
texts = [i for i, feature in enumerate(about["features"]) if feature["kind"] == "text"]


def read_features():
    table = np.empty((rows, len(about["features"])), np.float32, order="C")
    for i, feature in enumerate(about["features"]):
        dtype = np.int32 if feature["kind"] == "text" else np.float32
        column = np.fromfile(folder / feature["file"], dtype)
        table[:, i] = column
        if feature["kind"] == "text":
            table[column < 0, i] = np.nan
    return table


def lightgbm_model():
    import lightgbm

    objective = {"logistic": "binary", "softmax": "multiclass", "squared": "regression"}
    chosen = objective.get(about["loss"], about["loss"])
    kind = lightgbm.LGBMRegressor if about["task"] == "regression" else lightgbm.LGBMClassifier
    model = kind(
        objective=chosen,
        n_estimators=options["trees"],
        num_leaves=options["leaves"],
        learning_rate=options["learningRate"],
        max_bin=options["bins"],
        min_child_samples=options["minLeafRows"],
        num_threads=options["threads"],
        deterministic=True,
        force_row_wise=True,
        verbose=-1,
    )
    fit = model.fit
    model.fit = lambda x, y: fit(x, y, categorical_feature=texts)
    return model


def sklearn_model():
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import TargetEncoder

    # At most 255 categories are its own; what has more goes through scikit-learn's target encoder.
    large = [i for i in texts if len(about["features"][i]["dictionary"]) > options["bins"]]
    small = [i for i in texts if i not in large]
    order = large + [i for i in range(len(about["features"])) if i not in large]
    given = {
        "max_iter": options["trees"],
        "max_leaf_nodes": options["leaves"],
        "learning_rate": options["learningRate"],
        "max_bins": options["bins"],
        "min_samples_leaf": options["minLeafRows"],
        "categorical_features": [order.index(i) for i in small] or None,
        "early_stopping": False,
        "random_state": 0,
    }
    if about["task"] == "regression":
        loss = {"squared": "squared_error"}.get(about["loss"], about["loss"])
        model = HistGradientBoostingRegressor(loss=loss, **given)
    else:
        model = HistGradientBoostingClassifier(**given)
    if not large:
        return model
    encoder = make_column_transformer((TargetEncoder(random_state=0), large), remainder="passthrough")
    return make_pipeline(encoder, model)


def predicted(model, x):
    if about["task"] == "regression":
        return model.predict(x)
    probabilities = model.predict_proba(x)
    return probabilities[:, 1] if about["task"] == "binary" else probabilities


def main():
    make = {"lightgbm": lightgbm_model, "sklearn": sklearn_model}[sys.argv[1]]
    x = read_features()
    y = np.fromfile(folder / "target.bin", np.float64)
    if about["task"] != "regression":
        y = y.astype(np.int32)
    make()  # what importing costs is no part of training
    seconds = 0.0
    width = max(1, len(about["classes"]))
    out = open(options["out"], "wb")

    def train(train_rows, test_rows):
        nonlocal seconds
        model = make()
        given = x[train_rows], y[train_rows]
        started = time.perf_counter(), time.process_time()
        model.fit(*given)
        seconds += time.perf_counter() - started[0]
        cpu.append(time.process_time() - started[1])
        peak.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
        return predicted(model, x[test_rows])

    cpu, peak = [], []
    if options["test"] == "last":
        cut = rows // 5 * 4
        train(slice(0, cut), slice(cut, rows)).astype(np.float64).tofile(out)
    else:
        folds = np.fromfile(folder / "folds.bin", np.uint8).reshape(-1, rows)
        for fold_of in folds:
            whole = np.empty((rows, width))
            for fold in range(5):
                test = fold_of == fold
                whole[test] = train(~test, test).reshape(-1, width)
            whole.tofile(out)
    out.close()
    print(json.dumps({"seconds": seconds, "cpuSeconds": sum(cpu), "peakRssBytes": max(peak)}))


main()
