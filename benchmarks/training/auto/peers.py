"""Splits tables, and fits what a Python user would try first: /usr/bin/python3 peers.py FOLDER SPLITS

Writes FOLDER/splits/NAME-SPLIT-(train|test).csv and FOLDER/peers.json; what is there already is not done again.
Debian: python3-sklearn, python3-pandas, python3-xgboost.
"""

import json
import os
import sys
import time
import warnings

import numpy as np
import pandas as pd
import sklearn.datasets
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, OrdinalEncoder, StandardScaler

warnings.filterwarnings("ignore")
TARGETS = json.load(open(os.path.join(os.path.dirname(__file__), "targets.json")))
# More categories than HistGradientBoosting takes natively.
MOST_CATEGORIES = 250


def add_own(folder):
    """Tables of scikit-learn, and two that are made: of a known function, and of a ring that no line divides."""
    for name in ["breast_cancer", "wine", "digits", "diabetes"]:
        frame = getattr(sklearn.datasets, f"load_{name}")(as_frame=True).frame
        frame.to_csv(f"{folder}/tables/{name}.csv", index=False)
    x, y = sklearn.datasets.make_friedman1(2000, n_features=10, noise=1.0, random_state=1)
    pd.DataFrame(x, columns=[f"x{at}" for at in range(10)]).assign(y=y).to_csv(
        f"{folder}/tables/friedman1.csv", index=False
    )
    x, y = sklearn.datasets.make_hastie_10_2(6000, random_state=2)
    pd.DataFrame(x, columns=[f"x{at}" for at in range(10)]).assign(y=np.where(y > 0, "up", "down")).to_csv(
        f"{folder}/tables/hastie.csv", index=False
    )


def models_for(x, is_regression):
    texts = [name for name in x if x[name].dtype == object]
    numbers = [name for name in x if name not in texts]
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    scaled = ColumnTransformer(
        [("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers), ("texts", one_hot, texts)]
    )
    plain = ColumnTransformer([("numbers", SimpleImputer(strategy="median"), numbers), ("texts", one_hot, texts)])
    places = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan
    )
    native = ColumnTransformer([("texts", places, texts), ("numbers", "passthrough", numbers)])
    is_native = texts and max(x[name].nunique() for name in texts) <= MOST_CATEGORIES
    categories = list(range(len(texts))) if is_native else None
    forest = RandomForestRegressor if is_regression else RandomForestClassifier
    boosting = HistGradientBoostingRegressor if is_regression else HistGradientBoostingClassifier
    boosted = xgboost.XGBRegressor if is_regression else xgboost.XGBClassifier
    return {
        "linear": make_pipeline(scaled, Ridge() if is_regression else LogisticRegression(max_iter=2000)),
        "forest": make_pipeline(plain, forest(random_state=0)),
        "hist": make_pipeline(native, boosting(random_state=0, categorical_features=categories)),
        "xgboost": make_pipeline(plain, boosted(random_state=0, n_jobs=1, tree_method="hist")),
    }


def measured(model, x, y, classes):
    if classes == 0:
        return {"rmse": float(np.sqrt(mean_squared_error(y, model.predict(x))))}
    given = model.predict_proba(x)
    given = given / given.sum(1, keepdims=True)
    found = {
        "logLoss": float(log_loss(y, given, labels=range(classes))),
        "accuracy": float(accuracy_score(y, given.argmax(1))),
    }
    return {**found, "rocAuc": float(roc_auc_score(y, given[:, 1]))} if classes == 2 else found


def main(folder, splits):
    os.makedirs(f"{folder}/splits", exist_ok=True)
    add_own(folder)
    path = f"{folder}/peers.json"
    found = json.load(open(path)) if os.path.exists(path) else {}
    for name, (target, task) in TARGETS.items():
        is_regression = task == "regression"
        table = pd.read_csv(f"{folder}/tables/{name}.csv", keep_default_na=False, na_values=[""])
        table = table[table[target].notna()]
        if not is_regression:
            counts = table[target].value_counts()
            # What is in fewer rows cannot be in both parts of each split.
            table = table[table[target].isin(counts[counts >= 10].index)]
        for split in range(splits):
            key = f"{name}-{split}"
            strata = None if is_regression else table[target]
            train, test = train_test_split(table, test_size=0.25, random_state=split, stratify=strata)
            train.to_csv(f"{folder}/splits/{key}-train.csv", index=False)
            test.to_csv(f"{folder}/splits/{key}-test.csv", index=False)
            if key in found:
                continue
            x, x_test = train.drop(columns=target), test.drop(columns=target)
            for one in (x, x_test):
                for column in one:
                    if one[column].dtype == object or one[column].dtype == bool:
                        one[column] = one[column].astype(str)
            encoder = LabelEncoder().fit(table[target])
            y = train[target].values if is_regression else encoder.transform(train[target])
            y_test = test[target].values if is_regression else encoder.transform(test[target])
            classes = 0 if is_regression else len(encoder.classes_)
            found[key] = {}
            for peer, model in models_for(x, is_regression).items():
                began = time.time()
                model.fit(x, y)
                found[key][peer] = {**measured(model, x_test, y_test, classes), "seconds": time.time() - began}
            json.dump(found, open(path, "w"), indent=1)
            print(key, flush=True)


main(sys.argv[1], int(sys.argv[2]))
