"""One optimiser step of one member, with its comparison when one is due."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jax.extend.core import jaxpr_as_fun

from studies.training.errors import TrainingError
from studies.training.parts import (
    Control,
    Data,
    Functions,
    Keys,
    Member,
    Program,
    State,
)
from studies.training.trees import named

# What a member's seed is used for: the first number folded into its key.
INITIALISE, TRAIN, VALIDATE = 0, 1, 2

Row = dict[str, jax.Array]


def member_key(seed: Any, purpose: int) -> jax.Array:
    """The key of one member for one purpose: a function of its seed alone."""
    return jax.random.fold_in(jax.random.key(seed), purpose)


@jax.jit
def member_keys(seeds: Any, phase: Any) -> Keys:
    """The keys of all members for one phase."""

    def keys(seed: Any) -> Keys:
        of_phase = jax.random.fold_in(member_key(seed, TRAIN), phase)
        return Keys(of_phase, member_key(seed, VALIDATE))

    return jax.vmap(keys)(seeds)


def transformation(
    optimiser: Callable[..., Any], rate: Any, clip: float | None
) -> optax.GradientTransformation:
    """The optimiser at a learning rate, behind the clipping of the gradient's norm.

    It is made anew at every step while tracing, so the rate can be any traced number.
    """
    first = optax.identity() if clip is None else optax.clip_by_global_norm(clip)
    return optax.chain(first, optimiser(learning_rate=rate))


def traced(
    function: Callable[..., Any], *arguments: Any
) -> tuple[Callable[..., Any], Any]:
    """`function` traced once, to be called again and again, and its outputs' shapes.

    The shapes are needed before the loop (or branch) that runs the function; tracing a
    second time would double the cost of a start.
    """
    program, shapes = jax.make_jaxpr(function, return_shape=True)(*arguments)
    outline = jax.tree.structure(shapes)

    def call(*arguments: Any) -> Any:
        flat = jaxpr_as_fun(program)(*jax.tree.leaves(arguments))
        return jax.tree.unflatten(outline, flat)

    return call, shapes


class Step:
    """The step as a function `(state, index, rate) -> (state, row of the record)`."""

    def __init__(
        self,
        program: Program,
        functions: Functions,
        member: Member,
        data: Data,
        control: Control,
    ):
        self.program, self.control = program, control
        self.functions, self.member, self.data = functions, member, data
        self.available = dict(functions.arguments)
        if member.hyper is not None:
            self.available["hyper"] = member.hyper

    def __call__(self, state: State, index: Any, rate: Any) -> tuple[State, Row]:
        """Take step `index` of the phase at a learning rate."""
        total, terms, gradient = self.differentiate(state, index)
        loss = total.astype(state.average.dtype)
        trained, optimiser = self.update(gradient, state, rate)
        reference = self.reference(state, index, loss)
        active = state.diverged_at < 0
        good = active & self.acceptable(loss, reference, trained)
        here = self.control.offset + index
        row = {"loss": loss} | _columns("loss", terms, loss.dtype)
        row = {name: jnp.where(active, x, jnp.nan) for name, x in row.items()}
        # A member that diverges keeps the parameters with which it did.
        state = state._replace(
            trained=_choose(good, trained, state.trained),
            optimiser=_choose(good, optimiser, state.optimiser),
            average=jnp.where(good, self.mean(state.average, loss), state.average),
            reference=reference,
            diverged_at=jnp.where(active & ~good, here, state.diverged_at),
        )
        state, validation = self.compare(state, index, good)
        return state, row | validation

    def model(self, trained: list[Any]) -> Any:
        """The member's model with these parameters."""
        tree = jax.tree.unflatten(self.program.trained, trained)
        return eqx.combine(tree, self.member.rest)

    def differentiate(self, state: State, index: Any) -> tuple[Any, Row, list[Any]]:
        """Loss, terms and gradient at the parameters of `state`, on one batch."""
        phase_key = self.member.keys.phase
        own, noise = jax.random.split(jax.random.fold_in(phase_key, index))
        batch, function = self.data.training, self.functions.batch
        if function is not None:
            extra = named(function, self.available | {"phase_key": phase_key})
            batch = function(own, index, batch, **extra)
        function = self.functions.loss
        extra = named(function, self.available)

        def objective(trained: list[Any]) -> Any:
            result = function(self.model(trained), batch, noise, **extra)
            return _checked(result, "loss")

        differentiated = jax.value_and_grad(objective, has_aux=True)
        (total, terms), gradient = differentiated(state.trained)
        return total, terms, gradient

    def update(
        self, gradient: list[Any], state: State, rate: Any
    ) -> tuple[list[Any], list[Any]]:
        """The next parameters, and the optimiser's next state."""
        gradient, trained = (
            jax.tree.unflatten(self.program.trained, x)
            for x in (gradient, state.trained)
        )
        before = jax.tree.unflatten(self.program.optimiser_state, state.optimiser)
        with jax.numpy_dtype_promotion("standard"):  # optax mixes counts and floats
            optimiser = transformation(
                self.functions.optimiser, rate, self.program.clip
            )
            updates, after = optimiser.update(gradient, before, trained)
            trained = optax.apply_updates(trained, updates)
        return jax.tree.leaves(trained), jax.tree.leaves(after)

    def renew_optimiser(self, state: State, rate: Any) -> State:
        """`state` with those leaves of the optimiser's state fresh that should be."""
        tree = jax.tree.unflatten(self.program.trained, state.trained)
        optimiser = transformation(self.functions.optimiser, rate, self.program.clip)
        leaves = zip(
            self.control.reset,
            jax.tree.leaves(optimiser.init(tree)),
            state.optimiser,
            strict=True,
        )
        mixed = [jnp.where(renew, fresh, old) for renew, fresh, old in leaves]
        return state._replace(optimiser=mixed)

    def reference(self, state: State, index: Any, loss: jax.Array) -> jax.Array:
        """The size of loss that growth is measured against: a phase's first, or more.

        Phases may differ in what they minimise, so the largest of their first losses.
        """
        first = (index == 0) & jnp.isfinite(loss)
        larger = jnp.maximum(state.reference, jnp.abs(loss))
        return jnp.where(first, larger, state.reference)

    def acceptable(
        self, loss: jax.Array, reference: jax.Array, trained: list[Any]
    ) -> jax.Array:
        """Whether the step leads on: all finite, and the loss within its bound."""
        limit = self.control.divergence * reference
        bound = jnp.where(reference > 0, limit, jnp.inf)
        finite = jnp.isfinite(loss) & (loss <= bound)
        for leaf in trained:
            finite &= jnp.all(jnp.isfinite(leaf))
        return finite

    def mean(self, average: jax.Array, loss: jax.Array) -> jax.Array:
        """The running mean after one more loss."""
        weight = 1 / self.control.every.astype(loss.dtype)
        return average + weight * (loss - average)

    def compare(self, state: State, index: Any, good: Any) -> tuple[State, Row]:
        """Note the best parameters, every few steps and at the last of the phase."""
        done = index + 1
        due = (done % self.control.every == 0) | (done == self.control.steps)

        def look(state: State) -> tuple[State, Row]:
            criterion, columns = self.judge(state, done)
            better = good & (criterion < state.best_loss)
            here = self.control.offset + done
            state = state._replace(
                best=_choose(better, state.trained, state.best),
                best_loss=jnp.where(better, criterion, state.best_loss),
                best_step=jnp.where(better, here, state.best_step),
            )
            return state, {k: jnp.where(good, x, jnp.nan) for k, x in columns.items()}

        look_once, (_, columns) = traced(look, state)
        blank = {k: jnp.full((), jnp.nan, x.dtype) for k, x in columns.items()}
        return jax.lax.cond(due, look_once, lambda state: (state, blank), state)

    def judge(self, state: State, done: Any) -> tuple[jax.Array, Row]:
        """What the best parameters are chosen by, and what is to be recorded of it."""
        function, kind = self.functions.validation, state.average.dtype
        if function is None:
            # The mean starts from nothing: 1 - (1 - 1/n)^steps is its weight so far.
            decay = 1 - 1 / self.control.every.astype(kind)
            return state.average / (1 - decay ** done.astype(kind)), {}
        key = self.member.keys.validation
        extra = named(function, self.available | {"key": key})
        result = function(self.model(state.trained), self.data.validation, **extra)
        total, terms = _checked(result, "validation")
        total = total.astype(kind)
        return total, {"validation": total} | _columns("validation", terms, kind)


def _choose(condition: Any, new: list[Any], old: list[Any]) -> list[Any]:
    return [jnp.where(condition, x, y) for x, y in zip(new, old, strict=True)]


def _columns(name: str, terms: Row, dtype: Any) -> Row:
    return {f"{name}.{term}": value.astype(dtype) for term, value in terms.items()}


def _checked(result: Any, name: str) -> tuple[jax.Array, Row]:
    """What a loss function returned, when it is a scalar and a dict of scalars."""
    if not (isinstance(result, tuple) and len(result) == 2):
        message = (
            f"`{name}` must return two things, the total and a dict of its terms; "
            f"got {type(result).__name__}."
        )
        raise TrainingError(message)
    total, terms = jnp.asarray(result[0]), result[1]
    terms = {term: jnp.asarray(value) for term, value in terms.items()}
    wrong = {k: x.shape for k, x in {"total": total, **terms}.items() if x.shape}
    if wrong:
        message = f"`{name}` must return scalars; these have shapes: {wrong}."
        raise TrainingError(message)
    return total, terms
