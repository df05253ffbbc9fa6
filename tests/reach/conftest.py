"""The tests here run with strict JAX."""

import strict_jax  # noqa: F401
