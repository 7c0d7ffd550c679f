"""Runs one workload with one Python peer in this process: worker.py PEER FOLDER THREADS
Prints a line per precision: precision, seconds of the median call, calls, loss on the training rows.
Each peer gets its data in the precision and layout that suit it best before the clock starts."""

import json
import os
import statistics
import sys
import time
import warnings

peer, folder, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(threads)

import numpy as np  # noqa: E402  (after the variables that it reads)

with open(os.path.join(folder, "workload.json")) as file:
    w = json.load(file)
layers, rows, batch = w["layers"], int(w["rows"]), int(w["batch"])
activation, output, loss, optimizer = w["activation"], w["output"], w["loss"], w["optimizer"]
precisions = w["precisions"] if isinstance(w["precisions"], list) else [w["precisions"]]


def matrix(name, columns):
    numbers = np.fromfile(os.path.join(folder, name))
    return numbers.reshape(columns, rows).T


X, Y = matrix("x.bin", layers[0]), matrix("y.bin", layers[-1])


def start():
    """Weights [inputs x units] and biases of each layer."""
    numbers, at, parts = np.fromfile(os.path.join(folder, "start.bin")), 0, []
    for inputs, units in zip(layers, layers[1:]):
        weights = numbers[at : at + inputs * units].reshape(units, inputs).T
        at += inputs * units
        parts.append((weights, numbers[at : at + units]))
        at += units
    return parts


def loss_of(predicted):
    p = np.asarray(predicted, dtype=np.float64).reshape(Y.shape)
    tiny = lambda q: np.maximum(q, 1e-300)
    if loss == "sse":
        return ((Y - p) ** 2).sum() / 2
    if loss == "mse":
        return ((Y - p) ** 2).mean()
    if loss == "binary_cross_entropy":
        return -(Y * np.log(tiny(p)) + (1 - Y) * np.log(tiny(1 - p))).mean()
    return -(Y * np.log(tiny(p))).sum() / rows


class NumPy:
    """The algorithms as NumPy code."""

    def __init__(self, dtype):
        self.x, self.y = np.ascontiguousarray(X, dtype), np.ascontiguousarray(Y, dtype)
        self.start = [(np.ascontiguousarray(v, dtype), b.astype(dtype)) for v, b in start()]

    def forward(self, parameters, x):
        values = [x]
        for number, (weights, bias) in enumerate(parameters):
            z = values[-1] @ weights
            z += bias
            kind = activation if number < len(parameters) - 1 else output
            if kind == "relu":
                np.maximum(z, 0, out=z)
            elif kind == "sigmoid":
                np.negative(z, out=z)
                np.exp(z, out=z)
                z += 1
                np.reciprocal(z, out=z)
            elif kind == "softmax":
                z -= z.max(axis=1, keepdims=True)
                np.exp(z, out=z)
                z /= z.sum(axis=1, keepdims=True)
            values.append(z)
        return values

    def fit(self, epochs):
        rng = np.random.default_rng(1)
        parameters = [[v.copy(), b.copy()] for v, b in self.start]
        moments = [[[np.zeros_like(p), np.zeros_like(p)] for p in pair] for pair in parameters]
        lr, steps = w["lr"], 0
        for _ in range(epochs):
            order = rng.permutation(rows) if batch < rows else None
            for first in range(0, rows, batch):
                if order is None:
                    x, y = self.x, self.y
                else:
                    chosen = order[first : first + batch]
                    x, y = self.x[chosen], self.y[chosen]
                values = self.forward(parameters, x)
                delta = values[-1] - y
                if loss == "sse":
                    delta *= values[-1] * (1 - values[-1])
                else:
                    delta *= (2 if loss == "mse" else 1) / len(x)
                steps += 1
                for number in range(len(parameters) - 1, -1, -1):
                    gradients = (values[number].T @ delta, delta.sum(axis=0))
                    if number > 0:
                        a = values[number]
                        delta = delta @ parameters[number][0].T
                        delta *= a * (1 - a) if activation == "sigmoid" else a > 0
                    for which, gradient in enumerate(gradients):
                        p = parameters[number][which]
                        if optimizer == "adam":
                            m, v = moments[number][which]
                            m += 0.1 * (gradient - m)
                            v += 0.001 * (gradient * gradient - v)
                            p -= (lr / (1 - 0.9**steps)) * m / (np.sqrt(v / (1 - 0.999**steps)) + 1e-8)
                        else:
                            p -= lr * gradient
        return parameters

    def model(self):
        return self.start

    def predict(self, model):
        return self.forward(model, self.x)[-1]


class ScikitLearn:
    """MLPClassifier and MLPRegressor."""

    def __init__(self, dtype):
        self.x = np.ascontiguousarray(X, dtype)
        self.classifies = output != "linear"
        self.y = Y.argmax(axis=1) if output == "softmax" else Y[:, 0].astype(int if self.classifies else dtype)

    def make(self, epochs):
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        hidden = tuple(layers[1:-1])
        make = MLPClassifier if self.classifies else MLPRegressor
        # A regressor's loss is half the mean square: the same gradient at twice the rate. Adam does not care.
        return make(hidden_layer_sizes=hidden, activation="logistic" if activation == "sigmoid" else activation,
                    solver="adam" if optimizer == "adam" else "sgd", alpha=0, batch_size=min(batch, rows),
                    learning_rate_init=w["lr"] or 0.001, momentum=0, nesterovs_momentum=False, max_iter=max(1, epochs),
                    tol=0, n_iter_no_change=10**6, shuffle=batch < rows, random_state=1)

    def fit(self, epochs):
        return self.make(epochs).fit(self.x, self.y)

    def model(self):
        return self.make(1).fit(self.x[:1000], self.y[:1000])

    def predict(self, model):
        if not self.classifies:
            return model.predict(self.x)
        p = model.predict_proba(self.x)
        return p[:, 1] if output == "sigmoid" else p


class Torch:
    """nn.Sequential on the CPU, whole batches by index, fused optimizers."""

    def __init__(self, dtype):
        import torch

        torch.set_num_threads(threads)
        self.torch = torch
        self.dtype = torch.float32 if dtype is np.float32 else torch.float64
        self.x = torch.from_numpy(np.ascontiguousarray(X, dtype))
        if output == "softmax":
            self.y = torch.from_numpy(Y.argmax(axis=1))
        else:
            self.y = torch.from_numpy(np.ascontiguousarray(Y, dtype))

    def model(self):
        torch, nn = self.torch, self.torch.nn
        parts = []
        for number, (weights, bias) in enumerate(start()):
            linear = nn.Linear(*weights.shape, dtype=self.dtype)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(np.ascontiguousarray(weights.T)))
                linear.bias.copy_(torch.from_numpy(bias.copy()))
            parts.append(linear)
            if number < len(layers) - 2:
                parts.append(nn.ReLU() if activation == "relu" else nn.Sigmoid())
        if loss == "sse":
            parts.append(nn.Sigmoid())
        return nn.Sequential(*parts)

    def fit(self, epochs):
        torch, nn = self.torch, self.torch.nn
        torch.manual_seed(1)
        model = self.model()
        score = {"sse": lambda p, y: 0.5 * ((p - y) ** 2).sum(), "mse": nn.functional.mse_loss,
                 "binary_cross_entropy": nn.functional.binary_cross_entropy_with_logits,
                 "cross_entropy": nn.functional.cross_entropy}[loss]
        rule = torch.optim.Adam if optimizer == "adam" else torch.optim.SGD
        rule = rule(model.parameters(), lr=w["lr"], fused=True)
        for _ in range(epochs):
            order = torch.randperm(rows) if batch < rows else None
            for first in range(0, rows, batch):
                if order is None:
                    x, y = self.x, self.y
                else:
                    chosen = order[first : first + batch]
                    x, y = self.x[chosen], self.y[chosen]
                rule.zero_grad(set_to_none=True)
                score(model(x), y).backward()
                rule.step()
        return model

    def predict(self, model):
        torch = self.torch
        with torch.inference_mode():
            z = model(self.x)
            if loss == "sse" or output == "linear":
                return z.numpy()
            return (torch.sigmoid(z) if output == "sigmoid" else torch.softmax(z, 1)).numpy()


def timed(call):
    """Calls are repeated for 2 s; what counts is the median call. The first ones of a process are slower for
    everybody: its memory has to be found first."""
    times = []
    while not times or (sum(times) < 2 and len(times) < 100):
        begin = time.perf_counter()
        value = call()
        times.append(time.perf_counter() - begin)
    return statistics.median(times), len(times), value


warnings.filterwarnings("ignore")
for precision in precisions:
    p = {"NumPy": NumPy, "scikit-learn": ScikitLearn, "torch": Torch}[peer](np.float32 if precision == "single" else np.float64)
    if optimizer == "none":
        model = p.model()
        p.predict(model)
        seconds, calls, predicted = timed(lambda: p.predict(model))
    else:
        if batch > 1:
            p.fit(1)
        seconds, calls, model = timed(lambda: p.fit(int(w["epochs"])))
        predicted = p.predict(model)
    print(precision, f"{seconds:.6g}", calls, f"{loss_of(predicted):.8g}", flush=True)
