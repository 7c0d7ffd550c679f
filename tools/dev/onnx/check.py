"""Checks models that models.R exported. usage: check.py FOLDER

Each NAME.onnx must pass ONNX's full check, and onnxruntime must predict of the rows in NAME.json what R does.
"""
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

TOLERANCE = 1e-5


def feed_of(inputs):
    feed = {}
    for name, told in inputs.items():
        if told["kind"] == "texts":
            feed[name] = np.array([[text] for text in told["values"]], dtype=object)
        else:
            rows = [[np.nan if value is None else value for value in row] for row in told["values"]]
            feed[name] = np.array(rows, dtype=np.float32)
    return feed


def largest_difference(found, wanted):
    """By element, relative to 1 + |wanted|; where one is missing, both must be."""
    if found.shape != wanted.shape:
        raise AssertionError(f"shape {found.shape}, not {wanted.shape}")
    if (np.isnan(found) != np.isnan(wanted)).any():
        raise AssertionError(f"missing in rows {np.isnan(found).any(1).nonzero()[0]}, not in {np.isnan(wanted).any(1).nonzero()[0]}")
    return float(np.nanmax(np.abs(found - wanted) / (1 + np.abs(wanted)), initial=0))


def check(path):
    onnx.checker.check_model(onnx.load(path), full_check=True)
    told = json.loads(path.with_suffix(".json").read_text())
    feed = feed_of(told["inputs"])
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    out = session.run(None, feed)
    wanted = np.array([[np.nan if value is None else value for value in row] for row in told["predictions"]])
    difference = largest_difference(out[-1].astype(float), wanted)
    if difference > told.get("tolerance", TOLERANCE):
        raise AssertionError(f"predictions differ by {difference:.2g}")
    if told["classes"]:
        # Where two classes are as likely, either is right.
        clear = np.diff(np.sort(wanted, 1)[:, -2:], axis=1)[:, 0] > 1e-4
        labels = np.array(told["labels"], dtype=object)
        wrong = (out[0] != labels) & (clear | np.isnan(wanted[:, 0]))
        if wrong.any():
            raise AssertionError(f"labels {out[0][wrong]}, not {labels[wrong]}")
    one_row = session.run(None, {name: value[:1] for name, value in feed.items()})
    if len(one_row[-1]) != 1:
        raise AssertionError("one row gives another number of predictions")
    session.run(None, {name: value[:0] for name, value in feed.items()})
    return difference


def main(folder):
    passed = failed = 0
    largest = 0.0
    for path in sorted(pathlib.Path(folder).glob("*.onnx")):
        try:
            difference = check(path)
            largest = max(largest, difference)
            passed += 1
            print(f"{path.stem}: {difference:.2g}")
        except Exception as problem:  # whatever is wrong with one model, the others are checked
            failed += 1
            print(f"{path.stem}: FAILED: {problem}")
    print(f"largest difference: {largest:.2g}")
    print(f"onnx: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
