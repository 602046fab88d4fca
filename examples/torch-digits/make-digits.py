"""Writes digits.parquet: the 1,797 images that scikit-learn ships, one row each.

From "Optical Recognition of Handwritten Digits", E. Alpaydin and C. Kaynak, UCI Machine Learning
Repository, CC BY 4.0. Needs scikit-learn and pyarrow.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.datasets import load_digits

data = load_digits()
columns = {f"pixel_{y}_{x}": data.images[:, y, x].astype("int64") for y in range(8) for x in range(8)}
columns["digit"] = data.target.astype(str)
pq.write_table(pa.table(columns), Path(__file__).parent / "digits.parquet")
