"""Layers of every kind in PyTorch, by the formulas of their papers: outputs, loss, and its gradient by every parameter.

Writes layers.json beside this file, and the same numbers as constants for the engine's tests
(src/rust/engine/tests/engine/layers_reference_numbers.rs). Nothing is random: inputs, targets and parameters are the
fractions below, so that whoever reads the numbers can make them anew without this file.

Run with Python 3.11.7, PyTorch 2.15.0 (float64, CPU) and NumPy 2.4.6 on 2026-11-26:
    python tests/testthat/reference/layers.py
"""

import json
import math
import pathlib
import textwrap

import numpy
import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
ROWS, INPUTS = 7, 6


def fraction(number, step):
    """Between -1 and 1, neither regular nor random."""
    return ((number * step + 3) % 101) / 50 - 1


def inputs():
    return torch.tensor([[fraction(row * INPUTS + column, 37) for column in range(INPUTS)] for row in range(ROWS)])


def levels():
    """A number, then a factor of three levels and one of two, as columns of 0 and 1."""
    rows = []
    for row in range(ROWS):
        first = [1.0 if row % 3 == level else 0.0 for level in range(3)]
        second = [1.0 if row % 2 == level else 0.0 for level in range(2)]
        rows.append([fraction(row, 37)] + first + second)
    return torch.tensor(rows)


def targets(outputs):
    return torch.tensor([[abs(fraction(row * outputs + k, 29)) for k in range(outputs)] for row in range(ROWS)])


class Parameters:
    """Gives parameters in the engine's order: layer by layer, weights row by row, then biases."""

    def __init__(self):
        self.given = []
        self.count = 0

    def __call__(self, *shape):
        size = math.prod(shape)
        numbers = [0.8 * fraction(self.count + i, 53) for i in range(size)]
        self.count += size
        tensor = torch.tensor(numbers).reshape(shape).requires_grad_()
        self.given.append(tensor)
        return tensor


def tanh(x):
    return torch.tanh(x)


# Each network is a function of inputs [rows x 6] and parameters; parameters are asked for in the order of layers. What
# comes out is [rows x outputs], or [rows x members x outputs].


def dense(x, p, units, bias=True):
    w = p(x.shape[-1], units)
    return x @ w + (p(units) if bias else 0.0)


def dense_without_biases(x, p):
    return dense(tanh(dense(x, p, 4, bias=False)), p, 2, bias=False)


def scales(x, p):
    x = x * p(INPUTS)
    x = tanh(dense(x, p, 4) * p(4))
    return dense(x, p, 2) * p(2)


def lookup(x, p):
    """Embeddings of factors: rows of a table for each (torch.nn.functional.embedding)."""
    # The engine has the tables of all factors one after the other, then their biases.
    tables = p(5, 2)
    biases = p(2, 2)
    first, second = x[:, 1:4].argmax(1), x[:, 4:6].argmax(1)
    embedded = [
        F.embedding(first, tables[:3]) + biases[0],
        F.embedding(second, tables[3:]) + biases[1],
    ]
    return dense(tanh(dense(torch.cat([x[:, :1]] + embedded, 1), p, 4)), p, 2)


def piecewise(x, p):
    """Embeddings of numbers in bins (Gorishniy et al., 2022): linear in the bins of each; columns 2 and 5 pass."""
    weights = p(4, 3)
    embedded = [x[:, 0:2] @ weights[:2], x[:, 3:5] @ weights[2:]]
    return dense(tanh(dense(torch.cat([x[:, [2]], x[:, [5]]] + embedded, 1), p, 3)), p, 2)


def plr(x, p):
    """Gorishniy et al. (2022): ReLU(Linear(concat[sin(v), cos(v)])), v = 2 pi c x, each number with its own; others pass."""
    columns, frequencies, size = [1, 4], 3, 4
    of_columns = p(2, frequencies + 2 * frequencies * size)
    biases = p(2, size)
    parts = [x[:, [0, 2, 3, 5]]]
    for number, column in enumerate(columns):
        c = of_columns[number, :frequencies]
        w = of_columns[number, frequencies:].reshape(2 * frequencies, size)
        v = 2 * math.pi * x[:, [column]] * c
        parts.append(F.relu(torch.cat([torch.sin(v), torch.cos(v)], 1) @ w + biases[number]))
    return dense(tanh(dense(torch.cat(parts, 1), p, 4)), p, 2)


def pbld(x, p):
    """Holzmueller et al. (2024): (x, W2 cos(2 pi w1 x + b1) + b2), each number with its own; others pass."""
    columns, frequencies, size = [0, 2, 5], 4, 3
    of_columns = p(3, 2 * frequencies + frequencies * (size - 1))
    biases = p(3, size - 1)
    parts = [x[:, [1, 3, 4]]]
    for number, column in enumerate(columns):
        w1, b1 = of_columns[number, :frequencies], of_columns[number, frequencies : 2 * frequencies]
        w2 = of_columns[number, 2 * frequencies :].reshape(frequencies, size - 1)
        waves = torch.cos(2 * math.pi * w1 * x[:, [column]] + b1)
        parts += [x[:, [column]], waves @ w2 + biases[number]]
    return dense(tanh(dense(torch.cat(parts, 1), p, 4)), p, 2)


def prelu(x, p):
    """torch.nn.PReLU with a slope for each unit (its function)."""
    z = dense(x, p, 5)
    return dense(F.prelu(z, p(5)), p, 2)


def shares(x, p):
    """Holzmueller et al. (2024): parametric activations x + s (f(x) - x)."""
    z = dense(x, p, 5)
    z = z + p(5) * (F.gelu(z) - z)
    z = dense(z, p, 4)
    z = z + p(4) * (F.silu(z) - z)
    return dense(z, p, 2)


def norm(x, p):
    """torch.nn.LayerNorm (its function)."""
    z = dense(x, p, 5)
    weight, bias = p(5), p(5)
    return dense(tanh(F.layer_norm(z, (5,), weight, bias, eps=1e-5)), p, 2)


def residual(x, p):
    """He et al. (2016): x + f(x)."""
    h = tanh(dense(x, p, 5))
    g = F.gelu(dense(h, p, 5))
    return dense(tanh(g + h), p, 2)


def skip_layer(x, p):
    """nnet's skip = TRUE: a linear model of the inputs beside the network."""
    z = dense(tanh(dense(x, p, 4)), p, 2)
    return z + x @ p(INPUTS, 2)


def batch_ensemble(x, p):
    """Wen et al. (2020): y = ((x * r_m) W) * s_m, a member's own r and s, one W for all; one output layer for all."""
    members = 3
    r = p(members, INPUTS)
    w, bias = p(INPUTS, 5), p(5)
    s = p(members, 5)
    h = torch.einsum("nmi,ij->nmj", x[:, None, :] * r, w) + bias
    return dense(tanh(h * s), p, 2)


def tabm(x, p):
    """Gorishniy et al. (2025): adapters before a shared backbone, and a head for each member."""
    members = 4
    z = x[:, None, :] * p(members, INPUTS)
    z = F.relu(dense(z, p, 5))
    z = tanh(dense(z, p, 4))
    heads, biases = p(members, 4, 2), p(members, 2)
    return torch.einsum("nmi,mij->nmj", z, heads) + biases


def together(x, p):
    """Waves, a scale, shares, a norm, members, a skip and heads in one network, for three classes."""
    of_column, bias = p(1, 2 * 2 + 2 * 2), p(2)
    w1, b1, w2 = of_column[0, :2], of_column[0, 2:4], of_column[0, 4:].reshape(2, 2)
    waves = torch.cos(2 * math.pi * w1 * x[:, [3]] + b1) @ w2 + bias
    z = torch.cat([x[:, [0, 1, 2, 4, 5]], x[:, [3]], waves], 1) * p(8)
    z = dense(z, p, 5)
    shared = z + p(5) * (F.gelu(z) - z)
    weight, shift = p(5), p(5)
    normed = F.layer_norm(shared, (5,), weight, shift, eps=1e-5)
    z = normed[:, None, :] * p(2, 5)
    z = tanh(dense(z, p, 5)) + normed[:, None, :]
    heads, biases = p(2, 5, 3), p(2, 3)
    return torch.einsum("nmi,mij->nmj", z, heads) + biases


CASES = [
    (dense_without_biases, inputs, "mse", 2),
    (scales, inputs, "mse", 2),
    (lookup, levels, "mse", 2),
    (piecewise, inputs, "mse", 2),
    (plr, inputs, "mse", 2),
    (pbld, inputs, "mse", 2),
    (prelu, inputs, "mse", 2),
    (shares, inputs, "mse", 2),
    (norm, inputs, "mse", 2),
    (residual, inputs, "mse", 2),
    (skip_layer, inputs, "mse", 2),
    (batch_ensemble, inputs, "mse", 2),
    (tabm, inputs, "mse", 2),
    (together, inputs, "cross_entropy", 3),
]


def computed(network, table, loss, outputs):
    x, y, parameters = table(), targets(outputs), Parameters()
    z = network(x, parameters)
    if z.dim() == 2:
        z = z[:, None, :]
    # Every member is compared with the targets; a prediction is the mean of theirs.
    compared = y[:, None, :].expand_as(z)
    if loss == "mse":
        predictions, value = z, ((z - compared) ** 2).mean()
    else:
        # Targets need not add up to 1.
        predictions = F.softmax(z, -1)
        value = -(compared * F.log_softmax(z, -1)).sum(-1).mean()
    value.backward()
    gradient = torch.cat([tensor.grad.flatten() for tensor in parameters.given])
    at = torch.cat([tensor.detach().flatten() for tensor in parameters.given])
    return {
        "about": " ".join((network.__doc__ or network.__name__.replace("_", " ")).split()),
        "loss": loss,
        "x": x.tolist(),
        "y": y.tolist(),
        "parameters": at.tolist(),
        "predictions": predictions.mean(1).detach().tolist(),
        "value": value.item(),
        "gradient": gradient.tolist(),
    }


def wrapped(name, numbers):
    body = textwrap.wrap(", ".join(map(repr, numbers)) + ",", 110)
    return [f"    {name}: &[", *(f"        {line}" for line in body), "    ],"]


def constants(cases):
    lines = [
        "//! Numbers of PyTorch, written by `tests/testthat/reference/layers.py`, whose head says with which versions and when:",
        "//! predictions row by row, the loss, and its gradient by every parameter in order.",
        "",
        "/// What PyTorch found of a network.",
        "pub struct Found {",
        "    pub predictions: &'static [f64],",
        "    pub loss: f64,",
        "    pub gradient: &'static [f64],",
        "}",
    ]
    for name, case in cases.items():
        flat = [number for row in case["predictions"] for number in row]
        lines += [
            "",
            f"pub const {name.upper()}: Found = Found {{",
            *wrapped("predictions", flat),
            f"    loss: {case['value']!r},",
            *wrapped("gradient", case["gradient"]),
            "};",
        ]
    return "\n".join(lines) + "\n"


def main():
    here = pathlib.Path(__file__).resolve().parent
    cases = {network.__name__: computed(network, table, loss, k) for network, table, loss, k in CASES}
    made_with = f"PyTorch {torch.__version__.split('+')[0]} float64, NumPy {numpy.__version__}"
    order = "row by row; parameters layer by layer, weights [inputs x units] row by row, then biases"
    body = {"meta": {"made_with": made_with, "order": order}, "cases": cases}
    (here / "layers.json").write_text(json.dumps(body, indent=1) + "\n")
    tests = here.parents[2] / "src/rust/engine/tests/engine"
    (tests / "layers_reference_numbers.rs").write_text(constants(cases))


if __name__ == "__main__":
    main()
