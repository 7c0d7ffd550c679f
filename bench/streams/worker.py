"""Trains 20-64-32-1 from a folder of Parquet files with one Python peer in this process: worker.py PEER FOLDER EPOCHS THREADS
Prints seconds, seconds of processors, the peak of resident memory in MiB, and the mean loss of the last epoch's batches where the peer tells it.
The rows of a chunk of 65,536 are shuffled and cut into batches of 256."""

import os
import sys
import time

peer, folder, epochs, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(threads)

import numpy as np  # noqa: E402  (after the variables that it reads)
import pyarrow as pa  # noqa: E402
import pyarrow.dataset as ds  # noqa: E402

pa.set_cpu_count(threads)
rng = np.random.default_rng(1)


def chunks():
    # pyarrow reads ahead without end where rows are used more slowly than it decodes them, unless it is told not to.
    lazily = ds.ParquetFragmentScanOptions(pre_buffer=False)
    scanner = ds.dataset(folder).scanner(
        batch_size=65_536, batch_readahead=2, fragment_readahead=1, use_threads=False, fragment_scan_options=lazily
    )
    for batch in scanner.to_batches():
        table = np.empty((batch.num_rows, batch.num_columns), np.float32)
        for j, column in enumerate(batch.columns):
            table[:, j] = column.to_numpy()
        yield table[rng.permutation(len(table))]


def train_sklearn():
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier((64, 32), activation="relu", solver="adam", alpha=0, batch_size=256, learning_rate_init=0.001, random_state=1)
    for _ in range(epochs):
        for table in chunks():
            # One step for each batch of 256.
            model.partial_fit(table[:, :-1], table[:, -1], classes=[0.0, 1.0])
    return model.loss_


def train_torch():
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model = torch.nn.Sequential(
        torch.nn.Linear(20, 64), torch.nn.ReLU(), torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    loss_of = torch.nn.BCEWithLogitsLoss()
    for _ in range(epochs):
        total, count = 0.0, 0
        for table in chunks():
            x, y = torch.from_numpy(table[:, :-1].copy()), torch.from_numpy(table[:, -1:].copy())
            for first in range(0, len(x), 256):
                optimizer.zero_grad()
                loss = loss_of(model(x[first : first + 256]), y[first : first + 256])
                loss.backward()
                optimizer.step()
                total += loss.detach()
                count += 1
    return float(total / count)


began, worked = time.perf_counter(), time.process_time()
loss = {"scikit-learn": train_sklearn, "torch": train_torch}[peer]()
seconds, worked = time.perf_counter() - began, time.process_time() - worked
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
print(f"{seconds:.2f} {worked:.2f} {peak:.0f} {loss:.5f}")
