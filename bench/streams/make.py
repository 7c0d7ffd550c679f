"""Writes a folder of Parquet files of the benchmark of streams: make.py FOLDER ROWS
Twenty inputs x1 ... x20, standard normal, and an outcome y of 0 and 1, all of double precision; 500,000 rows a file."""

import os
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

folder, rows = sys.argv[1], int(float(sys.argv[2]))
os.makedirs(folder, exist_ok=True)
slopes = np.random.default_rng(20).normal(size=10) / np.sqrt(10)
for part, first in enumerate(range(0, rows, 500_000)):
    n = min(500_000, rows - first)
    rng = np.random.default_rng((20, part))
    x = rng.normal(size=(n, 20))
    noisy = x[:, :10] @ slopes + x[:, 1] * x[:, 2] + 0.5 * rng.normal(size=n)
    columns = {f"x{j + 1}": x[:, j] for j in range(20)}
    columns["y"] = (noisy > 0).astype(float)
    pq.write_table(pa.table(columns), os.path.join(folder, f"part-{part:03d}.parquet"), compression="snappy", row_group_size=62_500)
