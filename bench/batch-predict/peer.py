"""Predicts a Parquet file of floats into one of the same columns and the prediction, with pyarrow and ONNX Runtime.

peer.py GRAPH FILE OUT --workers N --threads N [--rows N]

So many workers, each with a session of so many threads, compute batches that one thread reads, while another writes
them in their order. Sessions are opened within the measured time, and the file is on the disk at its end; the start of
the interpreter and imports are not counted. Prints one line of JSON.
"""

import argparse
import json
import os
import resource
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime as ort
import pyarrow as pa
import pyarrow.parquet as pq

BATCH_ROWS = 16_384
GROUP_ROWS = 122_880


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def open_session(graph, threads):
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def predict_batch(session, batch):
    values = np.empty((batch.num_rows, batch.num_columns), dtype=np.float32)
    for at, column in enumerate(batch.columns):
        values[:, at] = column.to_numpy(zero_copy_only=False)
    (answers,) = session.run(None, {"x": values})
    return batch.append_column("y", pa.array(answers.reshape(-1)))


def batches_of(file, most):
    left = most
    for batch in file.iter_batches(batch_size=BATCH_ROWS):
        if left <= 0:
            return
        yield batch.slice(0, left)
        left -= batch.num_rows


def run(args):
    sessions = deque(open_session(args.graph, args.threads) for _ in range(args.workers))
    file = pq.ParquetFile(args.file)
    schema = file.schema_arrow.append(pa.field("y", pa.float32()))
    most = file.metadata.num_rows if args.rows is None else args.rows
    rows = 0

    def compute(batch):
        session = sessions.pop()
        try:
            return predict_batch(session, batch)
        finally:
            sessions.append(session)

    def write(group):
        # Random floats do not repeat: to look for those that do would only cost the peer time.
        writer.write_table(pa.Table.from_batches(group), row_group_size=GROUP_ROWS)

    with (
        open(args.out, "wb") as out,
        pq.ParquetWriter(out, schema, compression="snappy", use_dictionary=False) as writer,
        ThreadPoolExecutor(args.workers) as computing,
        ThreadPoolExecutor(1) as writing,
    ):
        under_way, group, written = deque(), [], None

        def settle():
            nonlocal group, written, rows
            batch = under_way.popleft().result()
            rows += batch.num_rows
            group.append(batch)
            if sum(one.num_rows for one in group) < GROUP_ROWS:
                return
            if written is not None:
                written.result()
            written = writing.submit(write, group)
            group = []

        for batch in batches_of(file, most):
            under_way.append(computing.submit(compute, batch))
            if len(under_way) > 2 * args.workers:
                settle()
        while under_way:
            settle()
        if written is not None:
            written.result()
        if group:
            write(group)
        writer.close()
        out.flush()
        os.fsync(out.fileno())
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("graph")
    parser.add_argument("file")
    parser.add_argument("out")
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--rows", type=int)
    args = parser.parse_args()
    pa.set_cpu_count(args.workers * args.threads)
    cpu, begin = cpu_seconds(), time.perf_counter()
    rows = run(args)
    seconds = time.perf_counter() - begin
    print(
        json.dumps(
            {
                "rows": rows,
                "rowsPerSecond": rows / seconds,
                "cpuNsPerRow": (cpu_seconds() - cpu) / rows * 1e9,
            }
        )
    )


main()
