"""The other side of `latent_training.py`: the same updates in PyTorch.

Runs in an environment of its own (`benchmarks/torch.txt`) and knows nothing of the
project: it is handed initial weights, recordings and windows in an `.npz` and prints
one line of JSON for each round, `{"seconds", "cpu", "updates", "loss"}`, and one with
the losses of the first updates, for comparison.
"""

import json
import sys
import time

import numpy as np
import torch


class SkipMLP(torch.nn.Module):
    """h_k = act(A_k [h_(k-1); p_k(x)]), y = A_(n+1) [h_n; p_(n+1)(x)]."""

    def __init__(self, given, name, activation):
        super().__init__()
        self.activation = activation
        self.layers, self.skips = (
            torch.nn.ModuleList(
                linear(
                    given[f"{name}.{part}.{k}.weight"], given[f"{name}.{part}.{k}.bias"]
                )
                for k in range(int(given[f"{name}.count"]))
            )
            for part in ("layers", "skips")
        )

    def forward(self, x):
        """The output for any leading axes."""
        hidden = x
        for layer, skip in zip(self.layers[:-1], self.skips[:-1], strict=True):
            hidden = self.activation(layer(torch.cat((hidden, skip(x)), -1)))
        return self.layers[-1](torch.cat((hidden, self.skips[-1](x)), -1))


def linear(weight, bias):
    """An affine map with these weights."""
    own = torch.nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        own.weight.copy_(torch.as_tensor(weight))
        own.bias.copy_(torch.as_tensor(bias))
    return own


class Model(torch.nn.Module):
    """Encoder, decoder, stimulus encoder and residual map, unrolled over a window."""

    def __init__(self, given):
        super().__init__()
        relu, tanh = torch.relu, torch.tanh
        self.encoder = SkipMLP(given, "encoder", relu)
        self.decoder = SkipMLP(given, "decoder", relu)
        self.stimulus_encoder = SkipMLP(given, "stimulus_encoder", relu)
        self.evolver = SkipMLP(given, "evolver", tanh)

    def forward(self, stimulus, targets, tu):
        """Reconstruction and evolution, summed; stimulus is encoded all at once."""
        z = self.encoder(targets[0])
        total = torch.mean((self.decoder(z) - targets[0]) ** 2)
        seen = self.stimulus_encoder(stimulus)
        for k in range(len(stimulus)):
            z = z + self.evolver(torch.cat((z, seen[k]), -1))
            if (k + 1) % tu == 0:
                error = (self.decoder(z) - targets[(k + 1) // tu]) ** 2
                total = total + torch.mean(error)
        return total


class Training:
    """Updates of the model on windows in the order given."""

    def __init__(self, given, compiled):
        self.tu, self.windows = int(given["tu"]), given["windows"]
        self.voltage = torch.as_tensor(given["voltage"])
        self.stimulus = torch.as_tensor(given["stimulus"])
        self.model = Model(given)
        rate = float(given["learning_rate"])
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=rate, fused=True)
        self.loss = torch.compile(self.model) if compiled else self.model
        self.done = 0
        self.offsets = self.tu * torch.arange(int(given["ems"]) + 1)[:, None]
        self.steps = torch.arange(int(given["ems"]) * self.tu)[:, None]

    def take(self, updates):
        """Some updates; the loss of each."""
        losses = []
        for _ in range(updates):
            start = torch.as_tensor(self.windows[self.done % len(self.windows)])
            stimulus = self.stimulus[start + self.steps]
            targets = self.voltage[start + self.offsets]
            self.optimiser.zero_grad(set_to_none=True)
            loss = self.loss(stimulus, targets, self.tu)
            loss.backward()
            self.optimiser.step()
            losses.append(loss.detach())
            self.done += 1
        return [float(x) for x in losses]


def main() -> None:
    """Train as the file says, once a line of standard input asks for a round."""
    path, kind = sys.argv[1:3]
    given = np.load(path)
    torch.set_num_threads(int(given["threads"]))
    began = time.perf_counter(), time.process_time()
    training = Training(dict(given), kind == "compiled")
    losses = training.take(int(given["first"]))
    spent = time.perf_counter() - began[0], time.process_time() - began[1]
    print(json.dumps({"set_up": spent, "losses": losses}), flush=True)
    for line in sys.stdin:
        updates, began = int(line), (time.perf_counter(), time.process_time())
        losses = training.take(updates)
        seconds, cpu = (
            time.perf_counter() - began[0],
            time.process_time() - began[1],
        )
        told = {"seconds": seconds, "cpu": cpu, "updates": updates, "loss": losses[-1]}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
