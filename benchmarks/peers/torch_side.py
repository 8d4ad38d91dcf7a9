"""PyTorch, one request a line, as core/serve-side.ts has it. The number of threads is BENCH_THREADS, or 1."""

import json
import math
import os
import statistics
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(int(os.environ.get("BENCH_THREADS", "1")))

RATE = {"sgd": 0.01, "adam": 1e-4}


def fill(seed, shape, scale=1.0):
    """The values of core/values.ts."""
    count = int(np.prod(shape))
    with np.errstate(over="ignore"):
        h = (np.arange(1, count + 1, dtype=np.uint32) + np.uint32(seed * 7919)) * np.uint32(0x9E3779B1)
        h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    values = ((h >> np.uint32(8)).astype(np.float64) / 2**23 - 1) * scale
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def sampled(values):
    flat = values.detach().contiguous().reshape(-1).double()
    count = min(256, flat.numel())
    places = [i * flat.numel() // count for i in range(count)]
    return flat[places].tolist()


def called(fn, layout=lambda t: t):
    def run():
        with torch.no_grad():
            return fn()

    return run, sampled(layout(run()))


def trained(parameters, loss, first, optimizer="sgd", layout=lambda t: t):
    for p in parameters:
        p.requires_grad_(True)
    make = torch.optim.SGD if optimizer == "sgd" else torch.optim.Adam
    training = make(parameters, lr=RATE[optimizer])

    def step():
        training.zero_grad(set_to_none=True)
        value = loss()
        value.backward()
        training.step()
        return value

    losses = [step().item() for _ in range(3)]
    return step, losses + sampled(layout(first))


def matmul(w):
    many = [w["batch"]] if "batch" in w else []
    a = fill(1, many + [w["m"], w["k"]])
    if w.get("isTransposed"):
        b = fill(2, many + [w["n"], w["k"]])
        return called(lambda: a @ b.transpose(-1, -2))
    b = fill(2, many + [w["k"], w["n"]])
    return called(lambda: a @ b)


def over_rows(w):
    columns = w["columns"]
    x = fill(1, [w["rows"], columns], 4)
    scale, bias = fill(2, [columns]), fill(3, [columns])
    return called(
        {
            "softmax": lambda: torch.softmax(x, -1),
            "sum": lambda: x.sum(-1),
            "argmax": lambda: x.argmax(-1),
            "layerNorm": lambda: F.layer_norm(x, [columns], scale, bias, 1e-5),
        }[w["kind"]]
    )


def chain(w):
    x = fill(1, [w["count"]])
    return called(
        lambda: x.mul(1.5).add(0.25).abs().clamp(min=0.5).neg().mul(x).sub(1).clamp(max=0.75).mul(0.5).add(x)
    )


def tiny(_):
    x, weight, bias = fill(1, [4, 4]), fill(2, [4, 4]), fill(3, [4])

    def twenty():
        h = x
        for _ in range(5):
            h = torch.tanh(h @ weight + bias)
            h = h - h.mean(-1, keepdim=True)
        return h

    return called(twenty)


def conv(w):
    channels = w["channels"]
    groups = channels if w["isDepthwise"] else 1
    x = fill(1, [w["n"], w["size"], w["size"], channels]).permute(0, 3, 1, 2).contiguous()
    weight = fill(2, [3, 3, channels // groups, channels], 1 / 3).permute(3, 2, 0, 1).contiguous()
    if not w.get("isTraining"):
        return called(lambda: F.conv2d(x, weight, padding=1, groups=groups), lambda y: y.permute(0, 2, 3, 1))
    x.requires_grad_(True)
    weight.requires_grad_(True)

    def gradients():
        x.grad = weight.grad = None
        F.conv2d(x, weight, padding=1, groups=groups).square().mean().backward()
        return weight.grad

    return gradients, sampled(gradients().permute(2, 3, 1, 0))


def layers_of(seed, sizes):
    return [
        (fill(seed + 2 * i, [a, b], math.sqrt(3 / a)), fill(seed + 2 * i + 1, [b], 0.1))
        for i, (a, b) in enumerate(zip(sizes, sizes[1:]))
    ]


def dense(layers, x):
    for i, (weight, bias) in enumerate(layers):
        x = torch.addmm(bias, x, weight)
        if i + 1 < len(layers):
            x = torch.relu(x)
    return x


def labels(batch, classes):
    return (torch.arange(batch) * 7) % classes


def mlp(w):
    batch, sizes = w["batch"], w["sizes"]
    x, y = fill(1, [batch, sizes[0]]), labels(batch, sizes[-1])
    layers = layers_of(2, sizes)
    parameters = [p for layer in layers for p in layer]
    return trained(parameters, lambda: F.cross_entropy(dense(layers, x), y), layers[0][0], w["optimizer"])


def convnet(w):
    batch, size, (c1, c2) = w["batch"], w["size"], w["channels"]
    x, y = fill(1, [batch, 1, size, size]), labels(batch, 10)
    one = fill(2, [3, 3, 1, c1], math.sqrt(3 / 9)).permute(3, 2, 0, 1).contiguous()
    two = fill(3, [3, 3, c1, c2], math.sqrt(3 / (9 * c1))).permute(3, 2, 0, 1).contiguous()
    layers = layers_of(4, [(size // 4) ** 2 * c2, w["hidden"], 10])

    def loss():
        once = F.max_pool2d(torch.relu(F.conv2d(x, one, padding=1)), 2)
        twice = F.max_pool2d(torch.relu(F.conv2d(once, two, padding=1)), 2)
        return F.cross_entropy(dense(layers, twice.permute(0, 2, 3, 1).reshape(batch, -1)), y)

    parameters = [one, two] + [p for layer in layers for p in layer]
    return trained(parameters, loss, one, "sgd", lambda t: t.permute(2, 3, 1, 0))


def transformer(w):
    length, features, heads = w["length"], w["features"], w["heads"]

    def linear(seed, a, b):
        return fill(seed, [a, b], math.sqrt(3 / a)), fill(seed + 1, [b], 0.1)

    def norm(seed):
        return fill(seed, [features]), fill(seed + 1, [features], 0.1)

    x = fill(1, [1, length, features])
    norm1, norm2 = norm(2), norm(12)
    query, key, value, output = (linear(seed, features, features) for seed in (4, 6, 8, 10))
    expand, contract = linear(14, features, 4 * features), linear(16, 4 * features, features)

    def apply(layer, t):
        return t @ layer[0] + layer[1]

    def split(t):
        return t.reshape(1, length, heads, features // heads).transpose(1, 2)

    def forward():
        normed = F.layer_norm(x, [features], *norm1)
        q, k, v = (split(apply(one, normed)) for one in (query, key, value))
        seen = torch.softmax((q / math.sqrt(features // heads)) @ k.transpose(-1, -2), -1) @ v
        h = x + apply(output, seen.transpose(1, 2).reshape(1, length, features))
        return h + apply(contract, F.gelu(apply(expand, F.layer_norm(h, [features], *norm2))))

    if not w["isTraining"]:
        return called(forward)
    pairs = [norm1, query, key, value, output, norm2, expand, contract]
    return trained([p for pair in pairs for p in pair], lambda: forward().square().mean(), norm1[0])


KINDS = {
    "matmul": matmul,
    "mlp": mlp,
    "convnet": convnet,
    "conv": conv,
    "transformer": transformer,
    "chain": chain,
    "tiny": tiny,
}


NOW = time.process_time if os.environ.get("BENCH_CLOCK") == "cpu" else time.perf_counter


def warm_up(run):
    begun = time.process_time()
    while time.process_time() - begun < 0.5:
        run()


def times_of(run, measure_ms):
    """As core/serve-side.ts does it."""
    times = []
    together = 1
    started = time.perf_counter()
    while not times or (time.perf_counter() - started) * 1000 < measure_ms:
        begun = NOW()
        for _ in range(together):
            run()
        took = (NOW() - begun) * 1000
        if took < 0.5:
            together *= 2
        else:
            times.append(took / together)
    return {"bestMs": min(times), "medianMs": statistics.median(times)}


def main():
    run = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "open" in request:
                workload = request["open"]
                run, result = KINDS.get(workload["kind"], over_rows)(workload)
                warm_up(run)
                reply = {"result": result}
            else:
                reply = times_of(run, request["measureMs"])
        except Exception as error:  # whatever it is, the other side shows it
            reply = {"why": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


main()
