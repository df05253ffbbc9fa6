"""Training, for every study the same: phases of scanned steps, an ensemble at once.

A study says what is drawn (`batch`), what is minimised (`loss`) and in which phases;
the trainer does the rest: optimiser, validation, best and final parameters, divergence,
resumption, and all members as one program over the devices at hand.

    def batch(key, step, data, phase_key):
        order = jax.random.permutation(phase_key, len(data.x))
        rows = jnp.take(order, 64 * step + jnp.arange(64), mode="wrap")
        return Pairs(data.x[rows], data.y[rows])

    def loss(model, batch, key, weight=0.0):
        error = jnp.mean((jax.vmap(model)(batch.x) - batch.y) ** 2)
        size = jnp.sum(model.layers[0].weight ** 2)
        return error + weight * size, {"error": error, "size": size}

    def validation(model, data):
        error = jnp.mean((jax.vmap(model)(data.x) - data.y) ** 2)
        return error, {}

    models = initialise(lambda key: eqx.nn.MLP(2, 1, 64, 2, key=key), seeds=[0, 1, 2])
    result = train(
        models, loss, batch,
        [Phase(1000, 1e-3), Phase(500, optax.cosine_decay_schedule(1e-3, 500),
                                  arguments={"weight": 1e-4}, reset_optimiser=False)],
        data=training_set, validation=validation, validation_data=validation_set,
        seeds=[0, 1, 2], optimiser=optax.adam, clip=1.0,
    )
    write_model(path, result.member(0), {"width": 64})
    result.best(0), result.outcome(0), result.history(0)["loss.error"]

Member i comes out the same, to the accuracy of floats, alone or in company: its keys
derive from its seed, the phase and the step, and from nothing else.
"""

from studies.training.errors import CheckpointError as CheckpointError
from studies.training.errors import ModelFileError as ModelFileError
from studies.training.errors import TrainingError as TrainingError
from studies.training.models import initialise as initialise
from studies.training.models import read_hyperparameters as read_hyperparameters
from studies.training.models import read_model as read_model
from studies.training.models import write_model as write_model
from studies.training.phases import Phase as Phase
from studies.training.program import compilations as compilations
from studies.training.result import Outcome as Outcome
from studies.training.result import Result as Result
from studies.training.shapes import expect_last as expect_last
from studies.training.shapes import expect_shape as expect_shape
from studies.training.trainer import train as train
from studies.training.trees import stack as stack
from studies.training.weights import drawn_at_once as drawn_at_once
