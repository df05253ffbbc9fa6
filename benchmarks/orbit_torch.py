"""The other side of `orbit_torchdiffeq.py`: the same training with torchdiffeq.

Runs in an environment of its own (`benchmarks/torch.txt`) and knows nothing of the
project: it is handed the initial weights, segments and test states in an `.npz` and
prints one line of JSON for each evaluation, `{"step", "seconds", "cpu", "error"}`.
"""

import json
import math
import sys
import time

import numpy as np
import torch
from torchdiffeq import odeint

TOLERANCES = {"rtol": 1e-6, "atol": 1e-8}  # those of the notes


class Field(torch.nn.Module):
    """`rtn` features, an MLP with silu, the `rtn_logmag` output layer, in the plane.

    States are (x, y, v_x, v_y). Segments of different spacing share one solver by
    counting time in samples: dy/ds = (spacing) · f(y).
    """

    def __init__(self, weights, biases):
        super().__init__()
        self.layers = torch.nn.ModuleList()
        for weight, bias in zip(weights, biases, strict=True):
            layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
            with torch.no_grad():
                layer.weight.copy_(torch.as_tensor(weight))
                layer.bias.copy_(torch.as_tensor(bias))
            self.layers.append(layer)
        self.spacing = None

    def acceleration(self, states):
        """Acceleration at states, shape (…, 4) to (…, 2)."""
        position, velocity = states[..., :2], states[..., 2:]
        radius = position.norm(dim=-1, keepdim=True)
        radial = position / radius
        transverse = torch.stack((-radial[..., 1], radial[..., 0]), dim=-1)
        v_r = (velocity * radial).sum(-1, keepdim=True)
        v_t = (velocity * transverse).sum(-1, keepdim=True)
        raw = torch.cat((1 / radius, radius.log(), v_r, v_t), dim=-1)
        for layer in self.layers[:-1]:
            raw = torch.nn.functional.silu(layer(raw))
        raw = self.layers[-1](raw)
        return raw[..., :1].exp() * (raw[..., 1:] * transverse - radial)

    def forward(self, _, states):
        """Rate of change by sample, which is what the solver integrates."""
        rate = torch.cat((states[..., 2:], self.acceleration(states)), dim=-1)
        return self.spacing * rate


def percent_error(predicted, true):
    """100 · mean ‖y − ŷ‖ / ‖y‖ over segments and samples 2…L."""
    gap = (predicted - true)[:, 1:].norm(dim=-1)
    return 100 * (gap / true[:, 1:].norm(dim=-1)).mean()


def rate_at(step, steps, peak, warm):
    """Rise over the first steps, then a cosine down to zero."""
    if step < warm:
        return peak / warm + (peak - peak / warm) * step / warm
    return 0.5 * peak * (1 + math.cos(math.pi * (step - warm) / (steps - warm)))


def main() -> None:
    """Train as told by the file and the method named on the command line."""
    path, method = sys.argv[1:3]
    given = np.load(path)
    torch.set_num_threads(int(given["threads"]))
    layers = range(int(given["layers"]))
    field = Field(
        [given[f"weight{k}"] for k in layers], [given[f"bias{k}"] for k in layers]
    )
    states, spacing = torch.as_tensor(given["states"]), given["spacing"]
    tests, truth = torch.as_tensor(given["tests"]), torch.as_tensor(given["truth"])
    steps, every = int(given["steps"]), int(given["every"])
    field.spacing = torch.as_tensor(spacing)[:, None]
    samples = torch.arange(states.shape[1], dtype=states.dtype)
    optimiser = torch.optim.Adam(field.parameters())
    options = TOLERANCES if method == "dopri5" else {}
    seconds = cpu = 0.0
    for step in range(steps):
        begun = time.perf_counter(), time.process_time()
        optimiser.param_groups[0]["lr"] = rate_at(
            step, steps, float(given["peak"]), int(given["warm"])
        )
        optimiser.zero_grad()
        found = odeint(field, states[:, 0], samples, method=method, **options)
        percent_error(found.transpose(0, 1), states).backward()
        optimiser.step()
        seconds += time.perf_counter() - begun[0]
        cpu += time.process_time() - begun[1]
        if (step + 1) % every:
            continue
        with torch.no_grad():
            gap = (field.acceleration(tests) - truth).norm(dim=-1)
            error = float(100 * (gap / truth.norm(dim=-1)).mean())
        line = {"step": step + 1, "seconds": seconds, "cpu": cpu, "error": error}
        print(json.dumps(line), flush=True)
        if error <= float(given["goal"]):
            return


if __name__ == "__main__":
    main()
