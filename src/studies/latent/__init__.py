"""Study latent: the one-step dynamics of a neural circuit from sparse recordings.

Voltages are sampled every so many steps, together or each neuron at its own phase,
the stimulus at every step; a latent map is unrolled between samples. `circuit`,
`movies` and `simulation` make the embedded circuit's recordings, `recordings` and
`flyvis` read other ones, `chaos` makes those of chaotic systems, `sources` gives all of
them to a notebook in one form; `acquisition` and `stimuli` say what training may see,
`models`, `losses`, `recipes` and `learning` learn, `rollouts`, `metrics` and `reports`
judge, `valid_times` and `mechanism` do so by what is true of the system, `inside` opens
a trained model, `figures` shows. `checks` refuses a parameter set before anything runs.
Voltages are in the recording's own units, time in steps of `dt` seconds; nothing here
imports jax until a room that needs it is imported.
"""
