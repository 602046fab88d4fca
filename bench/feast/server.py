"""Feast as a worker: one JSON command a line on standard input, one JSON answer a line on standard output.

A command is {"id", "command", ...}; its answer is {"id", "result"} or {"id", "error"}. Everything is timed here, inside
Python, so that neither the pipe nor the JSON is counted against Feast.
"""

import gc
import importlib.metadata
import json
import logging
import os
import platform
import sys
import time
import traceback
import warnings
from datetime import timedelta

# Feast 0.67 has no telemetry left; earlier and later releases obey these.
os.environ["FEAST_USAGE"] = "False"
os.environ["FEAST_TELEMETRY"] = "False"
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

# Feast prints progress: what it prints goes to standard error, the answers to where standard output was.
answers = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
os.dup2(2, 1)

import pandas as pd  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType  # noqa: E402
from feast.repo_config import RegistryConfig  # noqa: E402
from feast.types import Float64, Int64, String  # noqa: E402

FIELD_TYPES = {"int64": Int64, "float64": Float64, "string": String}
KEY_TYPES = {"int64": ValueType.INT64, "string": ValueType.STRING}
PACKAGES = ["feast", "redis", "hiredis", "pandas", "pyarrow", "duckdb", "ibis-framework", "dask", "protobuf", "numpy"]


class Peer:
    """The feature stores that were set up, by name."""

    def __init__(self):
        self.stores = {}

    def versions(self, _):
        found = {name: importlib.metadata.version(name) for name in PACKAGES}
        return {"python": platform.python_version(), **found}

    def setup(self, command):
        """Registers entities, views and services in a repository of their own; answers with the seconds of `apply`."""
        store = FeatureStore(config=configuration(command))
        entities = {entity["name"]: to_entity(entity) for entity in command["entities"]}
        views = {view["name"]: to_view(view, entities[view["entity"]]) for view in command["views"]}
        services = [to_service(service, views) for service in command["services"]]
        started = time.perf_counter()
        store.apply([*entities.values(), *views.values(), *services])
        self.stores[command["name"]] = store
        return {"seconds": time.perf_counter() - started}

    def load(self, command):
        """Puts the rows of a Parquet file online, then makes the precomputed vectors of the services named."""
        store = self.stores[command["store"]]
        rows = pd.read_parquet(command["source"])
        started = time.perf_counter()
        if command["method"] == "materialize":
            times = rows["event_timestamp"]
            store.materialize(times.min().to_pydatetime(), times.max().to_pydatetime(), feature_views=[command["view"]])
        else:
            store.write_to_online_store(command["view"], rows)
        written = time.perf_counter()
        vectors = sum(store.precompute_feature_service(name) for name in command.get("precompute", []))
        finished = time.perf_counter()
        return {
            "rows": len(rows),
            "seconds": written - started,
            "vectors": vectors,
            "precomputeSeconds": finished - written,
        }

    def online(self, command):
        """One request after another; milliseconds of each, and how many values of the last one were not there."""
        store = self.stores[command["store"]]
        features, full = request_of(store, command["read"])
        requests = [{command["key"]: keys} for keys in command["requests"]]
        as_dict = command["form"] == "dict"
        settle(command["collector"])
        get, clock, latencies, response = store.get_online_features, time.perf_counter, [], None
        begun = clock()
        for entity_rows in requests:
            started = clock()
            response = get(features=features, entity_rows=entity_rows, full_feature_names=full)
            if as_dict:
                response.to_dict()
            latencies.append((clock() - started) * 1000)
        seconds = clock() - begun
        return {"seconds": seconds, "latencies": latencies, "missing": missing_in(response)}

    def values(self, command):
        """The values of one request, by column."""
        store = self.stores[command["store"]]
        features, full = request_of(store, command["read"])
        found = store.get_online_features(
            features=features, entity_rows={command["key"]: command["keys"]}, full_feature_names=full
        ).to_dict()
        return {"columns": {name.split("__", 1)[-1]: column for name, column in found.items()}}

    def offline(self, command):
        """A point-in-time join from Parquet files into Arrow; written out after the clock has stopped."""
        store = self.stores[command["store"]]
        features, full = request_of(store, command["read"])
        begun = time.perf_counter()
        spine = pd.read_parquet(command["spine"])
        reading = time.perf_counter() - begun
        given = len(spine)
        gc.collect()
        reset_peak()
        resident = memory("VmRSS")
        started = time.perf_counter()
        table = store.get_historical_features(entity_df=spine, features=features, full_feature_names=full).to_arrow()
        seconds = reading + time.perf_counter() - started
        peak = memory("VmHWM")
        if command.get("output"):
            pq.write_table(table, command["output"])
        return {
            "seconds": seconds,
            "spineRows": given,
            "rows": table.num_rows,
            "columns": table.num_columns,
            "residentBefore": resident,
            "peakBytes": peak,
        }


def configuration(command):
    redis = command["redis"]
    return RepoConfig(
        project=command["name"],
        provider="local",
        repo_path=command["folder"],
        # A TTL of 0 keeps the registry in memory for good: no request ever pays for a refresh.
        registry=RegistryConfig(path=os.path.join(command["folder"], f"{command['name']}.db"), cache_ttl_seconds=0),
        # redis-py with hiredis: measured faster here than `client: glide`, for one row and for a hundred.
        online_store={"type": "redis", "connection_string": f"{redis['host']}:{redis['port']},db={redis['db']}"},
        offline_store={"type": command["offline"]},
        entity_key_serialization_version=3,
    )


def to_entity(entity):
    return Entity(name=entity["name"], join_keys=[entity["key"]], value_type=KEY_TYPES[entity["type"]])


def to_view(view, entity):
    return FeatureView(
        name=view["name"],
        entities=[entity],
        ttl=timedelta(seconds=view.get("ttlSeconds", 0)),
        schema=[Field(name=feature["name"], dtype=FIELD_TYPES[feature["type"]]) for feature in view["features"]],
        source=FileSource(
            name=f"{view['name']}_source",
            path=view["source"],
            timestamp_field="event_timestamp",
            created_timestamp_column="created",
        ),
    )


def to_service(service, views):
    return FeatureService(
        name=service["name"],
        features=[views[name] for name in service["views"]],
        precompute_online=service.get("precompute", False),
    )


def request_of(store, read):
    """What is asked for, resolved once: a service, or a list of references. Precomputed vectors hold full names only."""
    if "service" in read:
        service = store.get_feature_service(read["service"])
        return service, service.precompute_online
    return read["references"], False


def settle(collector):
    """`frozen` takes all that is alive out of Python's collector, which else stops a batch of reads for 0.1 s."""
    gc.unfreeze()
    gc.collect()
    if collector == "frozen":
        gc.freeze()


def missing_in(response):
    """Empty values; the status cannot be asked, since Redis answers PRESENT for an entity that was never written."""
    if response is None:
        return 0
    return sum(value.WhichOneof("val") is None for column in response.proto.results for value in column.values)


def reset_peak():
    """Makes VmHWM start again from what is resident now (Linux)."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


def memory(field):
    """Bytes of a field of this process's status, or None where there is no such file."""
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith(f"{field}:"))
    except OSError:
        return None


def main():
    peer = Peer()
    commands = {name: getattr(peer, name) for name in ["versions", "setup", "load", "online", "values", "offline"]}
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = {"id": command["id"], "result": commands[command["command"]](command)}
        except Exception as error:  # whatever Feast throws, the driver is told and may go on
            traceback.print_exc()
            answer = {"id": command["id"], "error": {"type": type(error).__name__, "message": str(error)[:2000]}}
        answers.write(json.dumps(answer) + "\n")


main()
