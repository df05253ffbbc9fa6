"""Where the members of an ensemble run: over the devices at hand, evenly.

On a GPU machine the devices are the GPUs. On a CPU JAX shows one device, unless it was
told to split the processor before it started: with the environment variable
`JAX_NUM_CPU_DEVICES=n` (or `XLA_FLAGS=--xla_force_host_platform_device_count=n`). The
runner sets it to a run's share of the cores; by hand, set it before Python starts.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from studies.training.trees import is_array

AXIS = "members"
MAPPINGS = ("auto", "vmap", "map")
SMALL = 2_000  # parameters


class Placement:
    """Spreads a leading axis of members over devices, padded to equal shares.

    Attributes:
        mesh: the devices, or None where one device does.
        rows: for each place of the padded ensemble the member that stands there.
    """

    def __init__(self, members: int, devices: Sequence[Any] | None = None):
        at_hand = list(jax.devices() if devices is None else devices)
        # Equal shares on as few devices as give the smallest share: 5 members take
        # 3 + 2 (padded to 3 + 3) on two devices, and 3 of 4 devices are enough for 3.
        self.share = -(-members // len(at_hand))
        self.devices = at_hand[: -(-members // self.share)]
        self.members = members
        padded = self.share * len(self.devices)
        self.rows = np.minimum(np.arange(padded), members - 1)
        single = len(self.devices) == 1
        self.mesh = None if single else Mesh(np.array(self.devices), (AXIS,))

    def spread(self, tree: Any) -> Any:
        """`tree` with its arrays' members padded and laid over the devices."""
        padded = len(self.rows) != self.members
        return self.put(_arrays(lambda x: x[self.rows], tree) if padded else tree)

    def put(self, tree: Any) -> Any:
        """`tree` with its arrays, padded already, laid over the devices."""
        return self._place(tree, PartitionSpec(AXIS))

    def everywhere(self, tree: Any) -> Any:
        """`tree` with its arrays whole on every device."""
        return self._place(tree, PartitionSpec())

    def gather(self, tree: Any) -> Any:
        """`tree` as NumPy arrays of the members alone, padding cut off."""
        return jax.tree.map(lambda x: np.asarray(x)[: self.members], tree)

    def _place(self, tree: Any, spec: PartitionSpec) -> Any:
        where = NamedSharding(self.mesh, spec) if self.mesh else self.devices[0]
        return _arrays(lambda x: jax.device_put(x, where), tree)


def _arrays(function: Callable[[Any], Any], tree: Any) -> Any:
    return jax.tree.map(lambda x: function(x) if is_array(x) else x, tree)


def compiler_options(platform: str) -> dict[str, Any] | None:
    """What a program is compiled with on a platform; None: as JAX does.

    A processor's code is compiled at LLVM's first level: a start is a fifth shorter
    than at the highest; a step takes from 4 % less time (reach) to 5 % more (orbit).
    """
    return {"xla_backend_optimization_level": 1} if platform == "cpu" else None


def choose_mapping(mapping: str, share: int, platform: str, size: int) -> str:
    """How the members that share a device run: "one", "vmap" or "map".

    One after the other (`lax.map`) a member keeps to its own cache, never waits for the
    solver steps of another, and stops when it has diverged; side by side (`vmap`) small
    operations are shared. So "auto" is `vmap` on a GPU and for networks that are mostly
    overhead, below 2,000 parameters; on a CPU it is `lax.map` above.

    Args:
        mapping: "vmap", "map" or "auto".
        share: members on a device.
        platform: "cpu", "gpu" or "tpu".
        size: number of parameters of a member that train.
    """
    if share == 1:
        return "one"
    if mapping == "auto":
        return "map" if platform == "cpu" and size > SMALL else "vmap"
    return mapping
