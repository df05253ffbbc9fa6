"""Study orbit: networks that learn gravity from short pieces of two-body orbits.

`kepler` and `systems` say what is true, `tasks` draws orbits and cuts segments, `real`
and `ephemeris` bring real objects and a user's own file, `models`, `losses` and
`solvers` learn, `metrics` reports and `figures` shows. `checks` refuses a parameter
set before anything runs. Lengths are in Earth radii and times in units of
sqrt(R_E³/mu), so that mu = 1; nothing here imports jax until a room that needs it is
imported.
"""
