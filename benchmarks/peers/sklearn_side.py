"""Histogram boosting of scikit-learn on flights. A line on stdin is a round; a line of JSON on stdout its readings.

    python3 sklearn_side.py FILE ROWS TRAIN CATEGORIES_AS_JSON
"""
import json
import os
import sys
import time

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

path, rows, train, categories = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])
width = len(categories)
numbers = np.fromfile(path, dtype=np.float32)
x, y = numbers[: rows * width].reshape(rows, width), numbers[rows * width :]
now = time.process_time if os.environ.get("BENCH_CLOCK") == "cpu" else time.perf_counter

for _ in sys.stdin:
    at = now()
    model = HistGradientBoostingClassifier(
        max_iter=100, max_leaf_nodes=31, max_bins=255, early_stopping=False, categorical_features=[count > 0 for count in categories]
    ).fit(x[:train], y[:train])
    fit = now() - at
    at = now()
    found = model.predict_proba(x)[:, 1]
    predict = now() - at
    one = x[:1]
    at = now()
    for _ in range(50):
        model.predict_proba(one)
    row = (now() - at) / 50
    print(json.dumps({"fit": fit, "predict": predict, "row": row * 1e6, "auc": roc_auc_score(y[train:], found[train:])}), flush=True)
