"""XGBoost's histogram boosting on flights. A line on stdin is a round; a line of JSON on stdout its readings.

    python3 xgboost_side.py FILE ROWS TRAIN CATEGORIES_AS_JSON

OMP_NUM_THREADS says on how many threads.
"""
import json
import os
import sys
import time

import numpy as np
import xgboost
from sklearn.metrics import roc_auc_score

path, rows, train, categories = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])
width = len(categories)
numbers = np.fromfile(path, dtype=np.float32)
x, y = numbers[: rows * width].reshape(rows, width), numbers[rows * width :]
now = time.process_time if os.environ.get("BENCH_CLOCK") == "cpu" else time.perf_counter
settings = {
    "objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide", "max_leaves": 31, "max_depth": 0, "max_bin": 256,
    "eta": 0.1, "nthread": int(os.environ.get("OMP_NUM_THREADS", "1")),
}
types = ["c" if count else "q" for count in categories]

for _ in sys.stdin:
    at = now()
    learnt = xgboost.DMatrix(x[:train], label=y[:train], feature_types=types, enable_categorical=True)
    model = xgboost.train(settings, learnt, 100)
    fit = now() - at
    at = now()
    found = model.predict(xgboost.DMatrix(x, feature_types=types, enable_categorical=True))
    predict = now() - at
    at = now()
    for _ in range(50):
        model.predict(xgboost.DMatrix(x[:1], feature_types=types, enable_categorical=True))
    row = (now() - at) / 50
    print(json.dumps({"fit": fit, "predict": predict, "row": row * 1e6, "auc": roc_auc_score(y[train:], found[train:])}), flush=True)
