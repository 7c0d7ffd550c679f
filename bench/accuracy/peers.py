"""Fits one peer on one split of a table and writes its predictions.

Called by run.R with a JSON file that names the peer, the CSV files, which columns are of levels, the kind of outcome,
the number of threads and the file to write to. Peers keep their defaults; missing values go in as such where a
peer takes them, else the median, or a level of its own, takes their place.
"""

import importlib
import importlib.metadata
import json
import sys
import time
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")


def read(job):
    # Levels are text, even where they look like numbers.
    text = {column: str for column in [*job["levels"], *([job["outcome"]] if job["kind"] == "classes" else [])]}
    train, test = (pd.read_csv(job[part], dtype=text, keep_default_na=False, na_values=["<NA>"]) for part in ("train", "test"))
    for column, levels in job["levels"].items():
        for data in (train, test):
            data[column] = pd.Categorical(data[column], levels)
    y = train.pop(job["outcome"])
    test.pop(job["outcome"])
    for column in train.columns:
        if column not in job["levels"]:
            train[column], test[column] = train[column].astype(float), test[column].astype(float)
    return train, test, y


def filled(train, test, levels):
    train, test = train.copy(), test.copy()
    for column in train.columns:
        if column in levels:
            if train[column].isna().any() or test[column].isna().any():
                for data in (train, test):
                    data[column] = data[column].cat.add_categories(["missing"]).fillna("missing")
        else:
            middle = train[column].median()
            train[column], test[column] = train[column].fillna(middle), test[column].fillna(middle)
    return train, test


def numbers(train, test, levels):
    """Standardised numbers and indicators of levels."""
    from sklearn.compose import make_column_transformer
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    train, test = filled(train, test, levels)
    plain = [column for column in train.columns if column not in levels]
    encode = make_column_transformer(
        (StandardScaler(), plain), (OneHotEncoder(handle_unknown="ignore", sparse_output=False), list(levels))
    )
    return encode.fit_transform(train), encode.transform(test)


def lightgbm(job, train, test, y, classes):
    import lightgbm as lgb

    make = lgb.LGBMClassifier if classes else lgb.LGBMRegressor
    model = make(n_jobs=job["threads"], random_state=job["seed"], verbose=-1)
    return model.fit(train, y), test


def lightgbm_tuned(job, train, test, y, classes):
    import lightgbm as lgb
    from sklearn.model_selection import train_test_split

    rng = np.random.default_rng(job["seed"])
    fit_x, judge_x, fit_y, judge_y = train_test_split(
        train, y, test_size=0.2, random_state=job["seed"], stratify=y if classes else None
    )
    make = lgb.LGBMClassifier if classes else lgb.LGBMRegressor
    best = (np.inf, None)
    for trial in range(50):
        knobs = dict(
            learning_rate=10 ** rng.uniform(-2.3, -0.7), num_leaves=int(2 ** rng.uniform(2, 7)),
            min_child_samples=int(2 ** rng.uniform(1, 6.5)), subsample=rng.uniform(0.5, 1), subsample_freq=1,
            colsample_bytree=rng.uniform(0.4, 1), reg_lambda=10 ** rng.uniform(-3, 1.5), reg_alpha=10 ** rng.uniform(-3, 1),
        )
        model = make(n_estimators=1500, n_jobs=job["threads"], random_state=job["seed"], verbose=-1, **knobs)
        model.fit(fit_x, fit_y, eval_set=[(judge_x, judge_y)], callbacks=[lgb.early_stopping(50, verbose=False)])
        loss = list(model.best_score_["valid_0"].values())[0]
        if loss < best[0]:
            best = (loss, {**knobs, "n_estimators": max(1, model.best_iteration_)})
    model = make(n_jobs=job["threads"], random_state=job["seed"], verbose=-1, **best[1])
    return model.fit(train, y), test


def xgboost(job, train, test, y, classes):
    import xgboost as xgb

    make = xgb.XGBClassifier if classes else xgb.XGBRegressor
    model = make(n_jobs=job["threads"], random_state=job["seed"], enable_categorical=True, tree_method="hist")
    return model.fit(train, y), test


def catboost(job, train, test, y, classes):
    import catboost as cb

    levels = list(job["levels"])
    train, test = train.copy(), test.copy()
    for column in levels:
        for data in (train, test):
            data[column] = data[column].astype("object").where(data[column].notna(), "missing").astype(str)
    make = cb.CatBoostClassifier if classes else cb.CatBoostRegressor
    model = make(
        thread_count=job["threads"], random_seed=job["seed"], verbose=False, allow_writing_files=False, cat_features=levels
    )
    return model.fit(train, y), test


def pytabkit(name, of_classes=None, **knobs):
    def fit(job, train, test, y, classes):
        import pytabkit

        make = getattr(pytabkit, name + ("_Classifier" if classes else "_Regressor"))
        settings = {**knobs, **(of_classes or {} if classes else {})}
        train, test = filled(train, test, job["levels"])
        model = make(device="cpu", n_threads=job["threads"], random_state=job["seed"], verbosity=0, **settings)
        return model.fit(train, y, cat_col_names=list(job["levels"])), test

    return fit


def sklearn(job, train, test, y, classes):
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    train, test = numbers(train, test, job["levels"])
    if classes:
        return MLPClassifier(random_state=job["seed"]).fit(train, y), test
    middle, spread = y.mean(), y.std()
    model = MLPRegressor(random_state=job["seed"]).fit(train, (y - middle) / spread)
    inner = model.predict
    model.predict = lambda x: inner(x) * spread + middle
    return model, test


PEERS = {
    "lightgbm": lightgbm,
    "lightgbm-tuned": lightgbm_tuned,
    "xgboost": xgboost,
    "catboost": catboost,
    "realmlp": pytabkit("RealMLP_TD"),
    "realmlp-5": pytabkit("RealMLP_TD", n_cv=5),
    "tabm": pytabkit("TabM_D"),
    # By default the two choose their epoch by classification error; this is what their documentation advises for log-loss.
    "realmlp-logloss": pytabkit("RealMLP_TD", of_classes={"val_metric_name": "cross_entropy", "use_ls": False}),
    "tabm-logloss": pytabkit("TabM_D", of_classes={"val_metric_name": "cross_entropy"}),
    "sklearn": sklearn,
}

PACKAGES = {"realmlp": "pytabkit", "tabm": "pytabkit", "sklearn": "sklearn.neural_network"}
DISTRIBUTIONS = {"pytabkit": ["pytabkit", "torch"], "sklearn.neural_network": ["scikit-learn"]}


def main():
    job = json.load(open(sys.argv[1]))
    classes = job["kind"] == "classes"
    train, test, y = read(job)
    if classes:
        codes = {level: code for code, level in enumerate(job["classes"])}
        y = y.map(codes).astype(int)
    else:
        y = y.astype(float)
    # What is loaded is loaded before the clock starts.
    family = job["peer"].split("-")[0]
    package = PACKAGES.get(family, family)
    importlib.import_module(package)
    if package == "pytabkit":
        import torch

        torch.set_num_threads(job["threads"])
    began, began_cpu = time.perf_counter(), time.process_time()
    model, rows = PEERS[job["peer"]](job, train, test, y, classes)
    fitted, cpu = time.perf_counter(), time.process_time() - began_cpu
    if classes:
        found = np.asarray(model.predict_proba(rows))
        predicted = np.zeros((len(found), len(job["classes"])))
        for column, code in enumerate(np.asarray(model.classes_).astype(int)):
            predicted[:, code] = found[:, column]
    else:
        predicted = np.asarray(model.predict(rows)).reshape(-1, 1)
    done = time.perf_counter()
    np.savetxt(job["out"], predicted, delimiter=",", fmt="%.10g")
    versions = [f"{name} {importlib.metadata.version(name)}" for name in DISTRIBUTIONS.get(package, [package])]
    versions.append("Python " + sys.version.split()[0])
    json.dump({"fit": fitted - began, "cpu": cpu, "predict": done - fitted, "versions": "; ".join(versions)}, open(job["out"] + ".json", "w"))


if __name__ == "__main__":
    main()
