"""Strict JAX for the tests of the science: nothing is promoted in silence."""

import jax

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")
