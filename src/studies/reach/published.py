"""Published numbers of robust reaching with a context, to be set beside ours.

The values were read by eye off figures, to about 5 %; hidden size 100, time step 0.05
s, no drag, noise 0.01. There are two kinds of sources. The poster tells of a factor
(pai-asf) in a curl field of 4 N s/m, and of impulses of velocity feedback. The figures
of the training methods tell of a constant force of 0.4 N to the left of the reach.
Their sums over time are sums over steps; here they are integrals, times the time step.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from studies.evidence import Summary, markdown, where
from studies.reach.loop import Loop

STEP = 0.05  # of the source [s]
CURL, FORCE = 4.0, 0.4  # fields of the tests [N s/m], [N]
DISTANCE = "max_orthogonal_distance_left"
END = "end_position_error"
NET = "max_net_force"


class Reference(NamedTuple):
    """One published number."""

    name: str  # of what it is one number of, an identifier
    measure: str
    value: float  # in the unit of the measure
    where: Mapping[str, Any]  # columns of a table of means, and their values


def _by_std(
    name: str,
    measure: str,
    values: Mapping[float, Sequence[int | float]],
    contexts: Sequence[float],
    **where: Any,
) -> list[Reference]:
    """References by training std (rows) and context (columns)."""
    return [
        Reference(
            name, measure, float(value), where | {"field_std": std, "context": context}
        )
        for std, row in values.items()
        for context, value in zip(contexts, row, strict=True)
    ]


IN_CURL = [
    *_by_std(
        "distance_by_context",
        DISTANCE,  # [% of reach]
        {0.0: (48, 45, 44), 0.5: (55, 39, 34), 1.0: (58, 27, 21), 1.5: (52, 21, 13)},
        (-3.0, 0.0, 3.0),
        amplitude=CURL,
    ),
    *_by_std(
        "force_by_context",
        NET,  # [N]
        {0.0: (1.45, 1.3), 0.5: (1.2, 1.75), 1.0: (1.3, 2.05), 1.5: (1.5, 2.05)},
        (-3.0, 3.0),
        amplitude=CURL,
    ),
]

IMPULSES = [
    reference
    for size, idle, low, high in (
        (0.4, 0.9, 0.5, 1.65),
        (0.8, 1.85, 1.1, 3.7),
        (1.2, 2.7, 2.2, 5.8),
    )
    for reference in _by_std(
        "force_after_impulse",
        NET,  # [N]
        {0.0: (idle, idle), 1.5: (low, high)},
        (-3.0, 3.0),
        variable="velocity",
        size=size,  # [m/s]
    )
]

IDLE = [  # of std 0 at any context; context 0 stands for all
    Reference("untrained", measure, value, {"field_std": 0.0, "context": 0.0})
    for measure, value in (
        (END, 27.5),  # [% of reach]
        (DISTANCE, 28.5),  # [% of reach]
        (NET, 1.03),  # [N]
        ("sum_net_force", 49.6 * STEP),  # [N s]
        ("max_parallel_vel_forward", 0.456),  # [m/s]
    )
]

IN_CONSTANT = {
    "bcs": [
        *_by_std("end_by_context", END, {0.32: (24, 1)}, (0.0, 1.0)),
        *_by_std("end_by_context", END, {0.04: (21, 3.5, 7)}, (0.0, 1.0, 2.0)),
        *_by_std(
            "force_by_context",
            NET,
            {0.32: (0.65, 0.72, 0.98, 1.28, 1.65)},
            (-2.0, -1.0, 0.0, 1.0, 2.0),
        ),
    ],
    "pai-asf": [
        *_by_std(
            "end_by_context",
            END,
            {
                0.04: (32, 25, 12.5, 2.5, 7.5),
                0.16: (6, 3, 1.5, 0.7, 1),
                0.32: (5, 2.5, 1.5, 0.7, 1),
            },
            (-2.0, -1.0, 0.0, 1.0, 2.0),
        ),
        *_by_std(
            "sum_by_context",
            "sum_orthogonal_distance",  # [m s]
            {0.04: tuple(x * STEP for x in (13.5, 11, 6, 2.3, -0.7))},
            (-2.0, -1.0, 0.0, 1.0, 2.0),
        ),
    ],
}


def in_field(field: str, method: str) -> list[Reference]:
    """What is published of a kind of field and a method; empty where nothing is."""
    if field == "curl":
        return IN_CURL if method == "pai-asf" else []
    own = IN_CONSTANT.get(method, [])
    return [
        one._replace(where={**one.where, "amplitude": FORCE}) for one in (*IDLE, *own)
    ]


def comparable(loop: Loop) -> bool:
    """Whether a loop is that of the sources, which is the usual one."""
    return loop == Loop()


class Pair(NamedTuple):
    """A published number and ours."""

    reference: Reference
    ours: Summary  # over replicates


def beside(means: pd.DataFrame, references: Sequence[Reference]) -> list[Pair]:
    """The published numbers for which there are models, beside ours.

    Args:
        means: a row for each model and variant, from `contexts.model_means`.
        references: that are looked for.
    """
    pairs = [
        Pair(one, where(means, **one.where).summary(one.measure)) for one in references
    ]
    return [pair for pair in pairs if pair.ours.n]


def as_table(pairs: Sequence[Pair], near: Sequence[bool]) -> str:
    """Pairs as Markdown; `near` says of each whether the two agree."""
    rows = [
        [
            pair.reference.measure.replace("_", " "),
            ", ".join(f"{name} {x}" for name, x in pair.reference.where.items()),
            pair.reference.value,
            pair.ours.text(),
            "✓" if good else "✗",
        ]
        for pair, good in zip(pairs, near, strict=True)
    ]
    return markdown(["measure", "where", "reported", "here", "near"], rows, text=2)
